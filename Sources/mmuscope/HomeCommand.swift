import ArgumentParser
import Terminal

struct Home: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The home screen: scenarios, workloads, recordings.", shouldDisplay: false)

    @OptionGroup var display: DisplayOptions

    func run() throws {
        let catalogue = Catalogue()
        try Sessions.show(.home(catalogue.homeItems()), try display.app(catalogue))
    }
}
