using System.Buffers;
using System.Buffers.Binary;

namespace ActorDcp.Protocol.Requests;

/// <summary>
/// Writes the document operations that a tool needs (dcp-reference.md 3.21). Keys carry their collection prefix where collections are
/// in force (<see cref="CollectionKey"/>); the vbucket is that of <see cref="KeyHash"/>.
/// </summary>
public static class DocumentRequests
{
    /// <summary>GET 0x00: key.</summary>
    public static void WriteGet(IBufferWriter<byte> output, VBucketId vbucket, uint opaque, ReadOnlySpan<byte> key) =>
        FrameWriter.WriteRequest(output, Opcode.Get, vbucket, opaque, key: key);

    /// <summary>GET_META 0xa0: extras u8 2, which asks for the datatype too; key.</summary>
    public static void WriteGetMeta(IBufferWriter<byte> output, VBucketId vbucket, uint opaque, ReadOnlySpan<byte> key) =>
        FrameWriter.WriteRequest(output, Opcode.GetMeta, vbucket, opaque, [2], key);

    /// <summary>SET 0x01, ADD 0x02 or REPLACE 0x03: extras @0 u32 flags; @4 u32 expiry; key; value.</summary>
    /// <param name="output">Where the frame goes.</param>
    /// <param name="mode">Whether the document may, must not or must exist.</param>
    /// <param name="vbucket">Vbucket of the key.</param>
    /// <param name="opaque">Comes back in the answer.</param>
    /// <param name="key">Key.</param>
    /// <param name="value">Value.</param>
    /// <param name="flags">The client's own four bytes.</param>
    /// <param name="expiry">0 never; up to 2,592,000 seconds from now; above, Unix seconds.</param>
    /// <param name="datatype">Of the value, as far as HELO granted it.</param>
    /// <param name="cas">Expected cas; 0 for any.</param>
    /// <param name="framingExtras">What <see cref="RequestFraming"/> wrote.</param>
    public static void WriteStore(
        IBufferWriter<byte> output, StoreMode mode, VBucketId vbucket, uint opaque, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value,
        uint flags = 0, uint expiry = 0, Datatype datatype = Datatype.Raw, ulong cas = 0, ReadOnlySpan<byte> framingExtras = default)
    {
        Span<byte> extras = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(extras, flags);
        BinaryPrimitives.WriteUInt32BigEndian(extras[4..], expiry);
        FrameWriter.WriteRequest(output, (Opcode)mode, vbucket, opaque, extras, key, value, datatype, cas, framingExtras);
    }

    /// <summary>DELETE 0x04: key; no extras.</summary>
    public static void WriteDelete(
        IBufferWriter<byte> output, VBucketId vbucket, uint opaque, ReadOnlySpan<byte> key, ulong cas = 0,
        ReadOnlySpan<byte> framingExtras = default) =>
        FrameWriter.WriteRequest(output, Opcode.Delete, vbucket, opaque, key: key, cas: cas, framingExtras: framingExtras);

    /// <summary>TOUCH 0x1c: extras u32 expiry; key.</summary>
    public static void WriteTouch(IBufferWriter<byte> output, VBucketId vbucket, uint opaque, ReadOnlySpan<byte> key, uint expiry)
    {
        Span<byte> extras = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(extras, expiry);
        FrameWriter.WriteRequest(output, Opcode.Touch, vbucket, opaque, extras, key);
    }
}
