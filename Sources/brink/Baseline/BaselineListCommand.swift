import ArgumentParser
import Baselines
import Harness

struct BaselineListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the baselines that are kept, with when and on what they were measured.")

    @OptionGroup var settings: SettingsOptions

    func run() throws {
        do {
            let store = BaselineStore(try settings.settings())
            for name in try store.names() {
                do throws(HarnessError) {
                    let one = try store.load(name)
                    print("\(name)  \(one.savedAt)  \(one.scenario)  \(one.metrics.count) metrics  \(one.fingerprint)")
                } catch {
                    // One that cannot be read must not hide the others.
                    Console.progress("brink: \(error)")
                }
            }
        } catch let error as HarnessError {
            throw Console.fail(error.description, error.code)
        }
    }
}
