import ArgumentParser

/// The proxy as a server of its own, and toxiproxy-cli's verbs.
struct ProxyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy", abstract: "Serve toxic proxies to any toxiproxy client, or drive such a server.",
        discussion: """
            Example: brink proxy -config proxies.json -proxy-metrics
                     brink proxy create -l 127.0.0.1:6432 -u 127.0.0.1:5432 db
                     brink proxy toxic add -t latency -a latency=40 -a jitter=5 db
            """,
        subcommands: [
            ProxyServeCommand.self, ProxyListCommand.self, ProxyInspectCommand.self, ProxyCreateCommand.self,
            ProxyToggleCommand.self, ProxyDeleteCommand.self, ProxyToxicCommand.self,
        ],
        defaultSubcommand: ProxyServeCommand.self)
}
