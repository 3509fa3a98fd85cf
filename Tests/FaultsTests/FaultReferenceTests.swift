import Faults
import LinuxSystem
import Scenarios
import Testing

@Suite struct FaultReferenceTests {
    @Test func everyFaultIsFullyDescribed() {
        let names = FaultRegistry.schemas.map(\.name)
        #expect(Set(names).count == names.count)
        for schema in FaultRegistry.schemas {
            #expect(!schema.summary.isEmpty && !schema.targets.isEmpty, "\(schema.name)")
            #expect(!schema.verifiedBy.isEmpty && !schema.undoneBy.isEmpty, "\(schema.name)")
            for parameter in schema.parameters {
                #expect(!parameter.isRequired || parameter.defaultValue == nil, "\(schema.name).\(parameter.name)")
                if let text = parameter.defaultValue {
                    #expect(parameter.parse(text) != nil, "\(schema.name).\(parameter.name)")
                }
                #expect(!parameter.summary.isEmpty)
            }
            if let parameter = schema.durationParameter {
                #expect(schema.parameters.contains { $0.name == parameter && $0.kind == .duration })
            }
        }
    }

    /// `brink faults --table` prints it; paste it between the markers of the README when this fails.
    @Test func theReadmeHasTheTableOfTheCode() throws {
        let root = SystemFile.parent(of: SystemFile.parent(of: SystemFile.parent(of: #filePath)))
        let readme = String(decoding: try SystemFile.read("\(root)/README.md"), as: UTF8.self)
        #expect(readme.contains(FaultTable.markdown(FaultRegistry.schemas)))
    }
}
