using ActorDcp.Producer.Collections;

namespace ActorDcp.Producer.Tests.Collections;

/// <summary>Values of system events, byte for byte as a Couchbase node sent them (captures collections-live-events and collections-modify-history).</summary>
public sealed class SystemEventLayoutTests
{
    [Theory]
    [InlineData(0, 1, 0, 8, "fruit", null, false, "14000000100018000c0000000400000000000800100000000800000010000000010000000000000000000000050000006672756974000000")]
    [InlineData(0, 1, 8, 9, "items", null, false, "180000000000000010001c00100004000800000000000c0010000000080000000900000010000000010000000000000000000000050000006974656d73000000")]
    [InlineData(0, 2, 8, 10, "orders", 3600u, false, "180000000000000010002400180008000c000700100014001000000000000001080000000a000000100e000010000000020000000000000000000000060000006f72646572730000")]
    [InlineData(0, 4, 0, 11, "nuts", 60u, false, "140000001000200014000000080007000c00100010000000000000010b0000003c00000010000000040000000000000000000000040000006e75747300000000")]
    [InlineData(0, 10, 0, 16, "h", null, true, "18000000000012001800100000000800000000000c0007001200000000000001100000000c0000000a000000000000000100000068000000")]
    [InlineData(1, 3, 0, 8, "fruit", null, false, "1000000000000a0010000800000004000a000000080000000300000000000000")]
    [InlineData(1, 4, 8, 10, "orders", null, false, "140000000000000000000a0014000c00040008000a000000080000000a0000000400000000000000")]
    [InlineData(3, 1, 8, 0, "shop", null, false, "140000000000000000000a0018000c00040008000a00000008000000100000000100000000000000000000000400000073686f7000000000")]
    [InlineData(4, 5, 9, 0, "empty", null, false, "1000000000000000080010000800040008000000090000000500000000000000")]
    [InlineData(5, 14, 0, 16, "h", 0u, false, "180000000000000010001800100000000800070000000c001000000000000001100000000c0000000e000000000000000100000068000000")]
    public void A_table_has_the_layout_of_the_recorded_one(
        uint kind, ulong manifest, uint scope, uint collection, string name, uint? maxTtl, bool history, string expected)
    {
        var written = FlatSystemEvent.Write(new SystemEventRecord((CollectionEventKind)kind, manifest, scope, collection, name, maxTtl, history));
        Assert.Equal(expected, Convert.ToHexStringLower(written));
        Assert.Equal(history, FlatSystemEvent.ReadHistory((CollectionEventKind)kind, written));
    }
}
