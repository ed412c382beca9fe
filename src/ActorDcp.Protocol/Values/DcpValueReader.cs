using System.Buffers;
using System.Buffers.Binary;

namespace ActorDcp.Protocol.Values;

/// <summary>
/// Takes values apart for one batch (dcp-reference.md 1.6): inflates into pooled buffers, which live until <see cref="Reset"/> or
/// <see cref="Dispose"/>. <see cref="Unpooled"/> leaves buffers to the garbage collector instead. A value that needs nothing undone is
/// returned as it is. Pooled readers are not thread-safe; unpooled ones are.
/// </summary>
public sealed class DcpValueReader : IDcpValueReader, IDisposable
{
    // values share buffers, each twice as large as the one before: a pool keeps few arrays of a size, and a batch has many values
    private const int SmallestBuffer = 1024;
    private const int LargestSharedBuffer = 1024 * 1024;

    private readonly bool _pooled;
    private readonly bool _trustSnappyBit;
    private readonly List<byte[]> _rentals = [];
    private byte[] _buffer = [];
    private int _used;
    private ReadOnlyMemory<byte> _lastCompressed;
    private ReadOnlyMemory<byte> _lastInflated;

    /// <summary>Makes a reader with pooled buffers.</summary>
    /// <param name="trustSnappyBit">
    /// False on connections opened with NoValueWithUnderlyingDatatype, where the bit tells what the document would be and not what
    /// the value is: there the value itself decides.
    /// </param>
    public DcpValueReader(bool trustSnappyBit = true)
        : this(pooled: true, trustSnappyBit)
    {
    }

    private DcpValueReader(bool pooled, bool trustSnappyBit)
    {
        _pooled = pooled;
        _trustSnappyBit = trustSnappyBit;
    }

    /// <summary>A reader whose buffers live as long as they are referenced.</summary>
    public static DcpValueReader Unpooled { get; } = new(pooled: false, trustSnappyBit: true);

    /// <summary>As <see cref="Unpooled"/>, for connections opened with NoValueWithUnderlyingDatatype.</summary>
    public static DcpValueReader UnpooledWithoutValues { get; } = new(pooled: false, trustSnappyBit: false);

    /// <inheritdoc/>
    public IDcpValueReader Detached => _trustSnappyBit ? Unpooled : UnpooledWithoutValues;

    /// <summary>Bytes rented and not returned yet.</summary>
    public long RentedBytes => _rentals.Sum(rental => (long)rental.Length);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> ReadBody(in DcpEvent change)
    {
        var inflated = ReadInflated(change);
        // a system event's value is no document; an empty one has no section whatever its datatype says
        return (change.Datatype & Datatype.Xattr) == 0 || inflated.IsEmpty ? inflated : inflated[XattrSection.BodyOffset(inflated.Span)..];
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> ReadInflated(in DcpEvent change)
    {
        if (!IsCompressed(change))
            return change.Value;
        if (!_pooled)
            return SnappyBlock.Inflate(change.Value.Span);
        if (_lastCompressed.Equals(change.Value))
            return _lastInflated;
        var length = SnappyBlock.Measure(change.Value.Span);
        var room = Take(length);
        SnappyBlock.InflateWhole(change.Value.Span, room.Span, length);
        _lastInflated = room;
        _lastCompressed = change.Value;
        return _lastInflated;
    }

    /// <summary>Returns all buffers; what was read before must not be used any more. The reader can be used again.</summary>
    public void Reset()
    {
        foreach (var rental in _rentals)
            ArrayPool<byte>.Shared.Return(rental);
        Abandon();
    }

    /// <summary>Leaves all buffers to the garbage collector, for a batch whose handler never came back and may still read them.</summary>
    public void Abandon()
    {
        _rentals.Clear();
        (_buffer, _used) = ([], 0);
        _lastCompressed = default;
        _lastInflated = default;
    }

    /// <summary>Returns all buffers.</summary>
    public void Dispose() => Reset();

    private Memory<byte> Take(int length)
    {
        if (_buffer.Length - _used < length)
        {
            var size = Math.Clamp(2 * _buffer.Length, SmallestBuffer, LargestSharedBuffer);
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(length, size));
            _used = 0;
            _rentals.Add(_buffer);
        }
        _used += length;
        return _buffer.AsMemory(_used - length, length);
    }

    private bool IsCompressed(in DcpEvent change)
    {
        if ((change.Datatype & Datatype.Snappy) == 0 || change.Value.IsEmpty)
            return false;
        return _trustSnappyBit || !IsBareXattrSection(change);
    }

    // The body is left out in this mode, so a bare section fills the value exactly. A block cannot look like that: its first byte
    // is the low end of a length above 0, so it would have to be as long as 16 MiB while holding less than 128 bytes.
    private static bool IsBareXattrSection(in DcpEvent change) =>
        (change.Datatype & Datatype.Xattr) != 0
        && change.Value.Length >= sizeof(uint)
        && BinaryPrimitives.ReadUInt32BigEndian(change.Value.Span) == change.Value.Length - sizeof(uint);
}
