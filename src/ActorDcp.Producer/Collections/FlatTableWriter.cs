using System.Buffers.Binary;
using System.Text;

namespace ActorDcp.Producer.Collections;

/// <summary>Writes one FlatBuffers table with strings, from the end to the beginning as FlatBuffers' own builders do. Values that are zero are left out.</summary>
internal sealed class FlatTableWriter
{
    private readonly List<(int Slot, int Position)> _fields = [];
    private byte[] _buffer = new byte[64];
    private int _size;
    private int _tableStart;
    private int _alignment = 1;

    public int AddString(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Align(bytes.Length + 1, sizeof(uint));
        Reserve(1);
        bytes.CopyTo(Reserve(bytes.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(Reserve(sizeof(uint)), (uint)bytes.Length);
        return _size;
    }

    public void BeginTable() => _tableStart = _size;

    public void AddUInt64(int slot, ulong value)
    {
        if (value == 0)
            return;
        Align(0, sizeof(ulong));
        BinaryPrimitives.WriteUInt64LittleEndian(Reserve(sizeof(ulong)), value);
        _fields.Add((slot, _size));
    }

    public void AddUInt32(int slot, uint value)
    {
        if (value == 0)
            return;
        Align(0, sizeof(uint));
        BinaryPrimitives.WriteUInt32LittleEndian(Reserve(sizeof(uint)), value);
        _fields.Add((slot, _size));
    }

    public void AddBool(int slot, bool value)
    {
        if (!value)
            return;
        Reserve(1)[0] = 1;
        _fields.Add((slot, _size));
    }

    /// <summary>Refers to a string that was added before the table.</summary>
    public void AddOffset(int slot, int target)
    {
        Align(0, sizeof(uint));
        var distance = _size - target + sizeof(uint);
        BinaryPrimitives.WriteUInt32LittleEndian(Reserve(sizeof(uint)), (uint)distance);
        _fields.Add((slot, _size));
    }

    public byte[] Finish()
    {
        Align(0, sizeof(int));
        Reserve(sizeof(int));
        var table = _size;
        var slots = _fields.Count == 0 ? 0 : _fields.Max(field => field.Slot) + 1;
        var vtable = Reserve(4 + 2 * slots);
        BinaryPrimitives.WriteUInt16LittleEndian(vtable, (ushort)vtable.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(vtable[2..], (ushort)(table - _tableStart));
        foreach (var (slot, position) in _fields)
            BinaryPrimitives.WriteUInt16LittleEndian(vtable[(4 + 2 * slot)..], (ushort)(table - position));
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_buffer.Length - table), _size - table);

        Align(sizeof(uint), _alignment);
        BinaryPrimitives.WriteUInt32LittleEndian(Reserve(sizeof(uint)), (uint)(_size - table));
        return _buffer.AsSpan(_buffer.Length - _size).ToArray();
    }

    /// <summary>Pads so that, after so many more bytes, the size is a multiple of the alignment.</summary>
    private void Align(int ahead, int alignment)
    {
        _alignment = Math.Max(_alignment, alignment);
        Reserve(-(_size + ahead) & (alignment - 1));
    }

    private Span<byte> Reserve(int count)
    {
        if (_size + count > _buffer.Length)
        {
            var larger = new byte[Math.Max(_buffer.Length * 2, _size + count)];
            _buffer.AsSpan(_buffer.Length - _size).CopyTo(larger.AsSpan(larger.Length - _size));
            _buffer = larger;
        }
        _size += count;
        return _buffer.AsSpan(_buffer.Length - _size, count);
    }
}
