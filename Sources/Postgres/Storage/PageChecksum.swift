/// The checksum of a data page (PostgreSQL, storage/checksum_impl.h): FNV-1a over 32-bit words in 32 lanes side by side,
/// with one more shift in each step that FNV-1a lacks.
struct PageChecksum {
    private static let prime: UInt32 = 16_777_619

    /// Where each lane begins.
    private static let offsets: [UInt32] = [
        0x5b1f_36e9, 0xb852_5960, 0x02ab_50aa, 0x1de6_6d2a, 0x79ff_467a, 0x9bb9_f8a3, 0x217e_7cd2, 0x83e1_3d2c,
        0xf8d4_474f, 0xe39e_b970, 0x42c6_ae16, 0x9932_16fa, 0x7b09_3b5d, 0x98da_ff3c, 0xf718_902a, 0x0b1c_9cdb,
        0xe58f_764b, 0x1876_36bc, 0x5d7b_3bb1, 0xe73d_e7de, 0x92be_c979, 0xcca6_c0b2, 0x304a_0979, 0x85aa_43d4,
        0x7831_25bb, 0x6ca8_eaa2, 0xe407_eac6, 0x4b5c_fc3e, 0x9fbf_8c76, 0x15ca_20be, 0xf2ca_9fd3, 0x959b_d756,
    ]

    /// What is stored in `pd_checksum`; never 0, which means none.
    let value: UInt16

    /// - Parameters:
    ///   - bytes: a whole page. Its own checksum counts as 0.
    ///   - block: its number within the relation, so that a page in another's place is noticed.
    init(of bytes: [UInt8], block: UInt32) {
        var lanes = PageChecksum.offsets
        for start in stride(from: 0, to: bytes.count, by: 4 * lanes.count) {
            for lane in lanes.indices {
                let place = start + 4 * lane
                var word: UInt32 = 0
                for index in (0..<4).reversed() {
                    let byte = DataPage.checksumBytes.contains(place + index) ? 0 : bytes[place + index]
                    word = word << 8 | UInt32(byte)
                }
                lanes[lane] = PageChecksum.mix(lanes[lane], word)
            }
        }
        // Two rounds of zeros let the last words reach all bits.
        for _ in 0..<2 {
            for lane in lanes.indices { lanes[lane] = PageChecksum.mix(lanes[lane], 0) }
        }
        value = UInt16((lanes.reduce(0, ^) ^ block) % 65535 + 1)
    }

    private static func mix(_ sum: UInt32, _ word: UInt32) -> UInt32 {
        let mixed = sum ^ word
        return mixed &* prime ^ mixed >> 17
    }
}
