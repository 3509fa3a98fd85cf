/// Objects in which only certain fields may be.
enum KnownFields {
    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }

        init?(intValue: Int) { nil }
    }

    /// - Throws: `DecodingError` that names a field which is none of the keys.
    static func container<Key: CodingKey & CaseIterable>(
        of decoder: any Decoder, _ keys: Key.Type
    ) throws -> KeyedDecodingContainer<Key> {
        let known = Key.allCases.map(\.stringValue)
        let present = try decoder.container(keyedBy: AnyKey.self)
        if let stranger = present.allKeys.map(\.stringValue).filter({ !known.contains($0) }).min() {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: decoder.codingPath,
                    debugDescription: "there is no field \"\(stranger)\"; there are \(known.joined(separator: ", "))"))
        }
        return try decoder.container(keyedBy: keys)
    }
}
