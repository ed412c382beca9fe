using System.Buffers.Binary;

namespace ActorDcp.Protocol;

/// <summary>
/// Walks over the entries of a frame's framing extras (dcp-reference.md 1.4). Each entry: u8 with id in the high and length in
/// the low nibble; nibble 15 is an escape for "15 + next byte", the id's before the length's; then the data.
/// </summary>
public ref struct FramingExtras
{
    private const int EscapeNibble = 15;

    private ReadOnlySpan<byte> _rest;

    /// <summary>Stands before the first entry.</summary>
    /// <param name="framingExtras">Raw framing extras of a frame.</param>
    public FramingExtras(ReadOnlySpan<byte> framingExtras)
    {
        _rest = framingExtras;
        Id = 0;
        Data = default;
    }

    /// <summary>Id of the entry it stands on: a <see cref="RequestFramingId"/> or <see cref="ResponseFramingId"/>.</summary>
    public int Id { get; private set; }

    /// <summary>Data of the entry it stands on.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }

    /// <summary>Finds the stream id of a request, u16 (dcp-reference.md 3.19).</summary>
    /// <returns>False when the frame carries none.</returns>
    /// <exception cref="ProtocolException">The framing extras are malformed.</exception>
    public static bool TryGetStreamId(ReadOnlySpan<byte> framingExtras, out ushort streamId)
    {
        streamId = 0;
        for (var entries = new FramingExtras(framingExtras); entries.MoveNext();)
        {
            if (entries.Id != (int)RequestFramingId.StreamId)
                continue;
            if (entries.Data.Length != sizeof(ushort))
                throw new ProtocolException($"a stream id has 2 bytes, not {entries.Data.Length}");
            streamId = BinaryPrimitives.ReadUInt16BigEndian(entries.Data);
            return true;
        }
        return false;
    }

    /// <summary>Finds how long the server took over a request, where tracing was granted.</summary>
    /// <returns>False when the frame does not say.</returns>
    /// <exception cref="ProtocolException">The framing extras are malformed.</exception>
    public static bool TryGetServerDuration(ReadOnlySpan<byte> framingExtras, out TimeSpan duration)
    {
        duration = default;
        for (var entries = new FramingExtras(framingExtras); entries.MoveNext();)
        {
            if (entries.Id != (int)ResponseFramingId.ServerDuration)
                continue;
            if (entries.Data.Length != sizeof(ushort))
                throw new ProtocolException($"a server duration has 2 bytes, not {entries.Data.Length}");
            duration = ServerDuration.Decode(BinaryPrimitives.ReadUInt16BigEndian(entries.Data));
            return true;
        }
        return false;
    }

    /// <summary>Goes to the next entry.</summary>
    /// <exception cref="ProtocolException">An entry reaches beyond the end.</exception>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
            return false;
        var first = _rest[0];
        _rest = _rest[1..];
        var id = Unescape(first >> 4);
        var length = Unescape(first & 0x0f);
        if (length > _rest.Length)
            throw new ProtocolException($"a framing entry {id} of {length} bytes in {_rest.Length} that are left");
        Id = id;
        Data = _rest[..length];
        _rest = _rest[length..];
        return true;
    }

    private int Unescape(int nibble)
    {
        if (nibble != EscapeNibble)
            return nibble;
        if (_rest.IsEmpty)
            throw new ProtocolException("the framing extras end inside an escape");
        var escaped = EscapeNibble + _rest[0];
        _rest = _rest[1..];
        return escaped;
    }
}
