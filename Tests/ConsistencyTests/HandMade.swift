import Consistency

/// A transaction in few words; those of a test are all at the same time unless it says otherwise.
func transaction(
    _ id: Int, _ operations: ListAppendTransaction.Operation..., at time: ClosedRange<Int64> = 0...1000,
    outcome: TransactionOutcome = .committed
) -> ListAppendTransaction {
    ListAppendTransaction(
        id: id, invoked: time.lowerBound, completed: time.upperBound, outcome: outcome, operations: operations)
}

func append(_ element: Int, to key: Int) -> ListAppendTransaction.Operation { .append(key: key, element: element) }

func read(_ key: Int, _ elements: Int...) -> ListAppendTransaction.Operation { .read(key: key, elements: elements) }

/// The kinds of anomaly in a history.
func kinds(_ history: ListAppendTransaction...) throws -> Set<ListAppendAnomaly.Kind> {
    Set(try ListAppendCheck().check(history).anomalies.map(\.kind))
}
