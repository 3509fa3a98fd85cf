/// The JSON Schema of `result.json`, for those who check or generate code from it.
public enum ResultSchema {
    /// The schema, JSON Schema 2020-12.
    public static var text: String {
        String(decoding: PackageResources.result_v1_schema_json, as: UTF8.self)
    }
}
