using System.Buffers.Binary;
using System.Text;

namespace ActorDcp.Protocol.Messages;

/// <summary>
/// The root table of a FlatBuffers payload without a file identifier, little-endian, read by hand (dcp-reference.md 3.12). Every
/// offset is checked, so that a hostile payload ends in a <see cref="ProtocolException"/>.
/// </summary>
internal readonly ref struct FlatTable
{
    private const int VtableHeaderLength = 4;

    private readonly ReadOnlySpan<byte> _buffer;
    private readonly int _root;
    private readonly int _vtable;
    private readonly int _vtableLength;

    private FlatTable(ReadOnlySpan<byte> buffer, int root, int vtable, int vtableLength)
    {
        _buffer = buffer;
        _root = root;
        _vtable = vtable;
        _vtableLength = vtableLength;
    }

    internal static FlatTable ReadRoot(ReadOnlySpan<byte> buffer)
    {
        long root = BinaryPrimitives.ReadUInt32LittleEndian(At(buffer, 0, 4));
        var vtable = root - BinaryPrimitives.ReadInt32LittleEndian(At(buffer, root, 4));
        var length = BinaryPrimitives.ReadUInt16LittleEndian(At(buffer, vtable, 2));
        if (length < VtableHeaderLength)
            throw new ProtocolException($"a FlatBuffers vtable of {length} bytes");
        At(buffer, vtable, length);
        return new FlatTable(buffer, (int)root, (int)vtable, length);
    }

    internal ulong UInt64(int slot) => Field(slot, 8, out var field) ? BinaryPrimitives.ReadUInt64LittleEndian(field) : 0;

    internal uint UInt32(int slot) => Field(slot, 4, out var field) ? BinaryPrimitives.ReadUInt32LittleEndian(field) : 0;

    internal bool Bool(int slot) => Field(slot, 1, out var field) && field[0] != 0;

    internal string? String(int slot)
    {
        var position = Position(slot);
        if (position == 0)
            return null;
        var start = position + BinaryPrimitives.ReadUInt32LittleEndian(At(_buffer, position, 4));
        var length = BinaryPrimitives.ReadUInt32LittleEndian(At(_buffer, start, 4));
        return Encoding.UTF8.GetString(At(_buffer, start + 4, length));
    }

    private bool Field(int slot, int length, out ReadOnlySpan<byte> field)
    {
        var position = Position(slot);
        field = position == 0 ? default : At(_buffer, position, length);
        return position != 0;
    }

    // 0 when the field is absent
    private long Position(int slot)
    {
        var entry = VtableHeaderLength + 2 * slot;
        if (entry + 2 > _vtableLength)
            return 0;
        var offset = BinaryPrimitives.ReadUInt16LittleEndian(_buffer[(_vtable + entry)..]);
        return offset == 0 ? 0 : (long)_root + offset;
    }

    private static ReadOnlySpan<byte> At(ReadOnlySpan<byte> buffer, long offset, long length)
    {
        if (offset < 0 || length > buffer.Length || offset > buffer.Length - length)
            throw new ProtocolException($"a FlatBuffers offset {offset} lies outside {buffer.Length} bytes");
        return buffer.Slice((int)offset, (int)length);
    }
}
