import Screen
import Testing

@testable import Terminal

@Suite("Settings' file")
struct SettingsFileTests {
    private static let full = """
        # mine
        theme = "light"   # for the day
        ascii=true
        mouse = false
        presenter = true
        speed = 50
        other = [1, 2, # three
          "]"]
        note = \"""
        speed = 3
        \"""

        [deep]
        theme = "mono"

        """

    @Test("reads every key, at the top only, and passes over everybody else's")
    func reading() {
        let file = SettingsFile(Self.full)
        #expect(file.mistakes.isEmpty && !file.isDamaged)
        #expect(file.settings == Settings(theme: .light, usesASCII: true, usesMouse: false, isPresenting: true, speed: 50))
        #expect(SettingsFile("").settings == Settings())
    }

    @Test("a change leaves everything else to the letter")
    func changing() throws {
        let file = SettingsFile(Self.full)
        var settings = file.settings
        settings.theme = .contrast
        settings.speed = nil
        let text = try #require(file.changed(from: file.settings, to: settings))
        #expect(text == Self.full.replacing("\"light\"", with: "\"contrast\"").replacing("speed = 50", with: "speed = 0"))
        #expect(SettingsFile(text).settings == settings)
        #expect(file.changed(from: settings, to: settings) == Self.full)
    }

    @Test(
        "a key that isn't there comes before the first table",
        arguments: [
            ("", "# What mmuscope looks like and does. The command line goes before it.\ntheme = \"mono\"\n"),
            ("x = 1", "x = 1\ntheme = \"mono\"\n"), ("x = 1\n[t]\ny = 2\n", "x = 1\ntheme = \"mono\"\n\n[t]\ny = 2\n"),
            ("[t]\ntheme = \"dark\"\n", "theme = \"mono\"\n\n[t]\ntheme = \"dark\"\n"),
        ])
    func adding(_ before: String, _ after: String) throws {
        let file = SettingsFile(before)
        let text = try #require(file.changed(from: Settings(), to: Settings(theme: .mono)))
        #expect(text == after)
        #expect(SettingsFile(text).settings.theme == .mono)
    }

    @Test("whatever changes is what is read afterwards", arguments: [
        Settings(theme: .mono, usesASCII: true, usesMouse: false, isPresenting: true, speed: 7), Settings(),
        Settings(theme: .contrast, speed: nil), Settings(speed: 1_000_000),
    ])
    func roundTrip(_ settings: Settings) throws {
        for text in ["", Self.full] {
            let file = SettingsFile(text)
            let changed = try #require(file.changed(from: file.settings, to: settings))
            #expect(SettingsFile(changed).settings == settings)
        }
    }

    @Test("a value that is none of a key's is told with its line; the others count", arguments: [
        ("theme = \"drak\"\nmouse = false", "1: theme takes one of \"dark\", \"light\", \"contrast\", \"mono\""),
        ("mouse = false\nspeed = -3", "2: speed takes steps a second, from 1; 0 leaves it to the scenario"),
        ("mouse = false\nascii = 1", "2: ascii takes true or false"),
    ])
    func wrong(_ text: String, _ mistake: String) {
        let file = SettingsFile(text)
        #expect(file.mistakes == [mistake])
        #expect(!file.isDamaged)
        #expect(file.settings == Settings(usesMouse: false))
    }

    @Test("what is no TOML is one mistake, the settings of no file, and never written over", arguments: [
        ("mouse = false\ntheme", "2: 'theme' is no 'key = value'"), ("theme = \"dark", "1: a text has no end: a quote is missing"),
        ("mouse = false\n\nx = [1,\n", "3: a list has no end: a bracket is missing"), ("theme = dark", "1: 'dark' is no value: text goes in quotes"),
        ("mouse = false true", "1: there is more than a value"), ("speed =", "1: a value is missing"),
        ("[t\nx = 1", "1: a table's name has no ']'"), ("mouse = true\nmouse = false", "2: 'mouse' is set twice"),
        ("\u{0}\u{1}\u{2}", "1: '␀␁␂' is no 'key = value'"),
    ])
    func damaged(_ text: String, _ mistake: String) {
        let file = SettingsFile(text)
        #expect(file.mistakes == [mistake])
        #expect(file.isDamaged && file.settings == Settings())
        #expect(file.changed(from: Settings(), to: Settings(theme: .mono)) == nil)
    }
}
