print("mmuscope")
