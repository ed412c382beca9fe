using System.Buffers.Binary;

namespace ActorDcp.Persistence;

/// <summary>
/// Compact form of retained boundaries in the offset table. Layout, numbers as LEB128:
/// <code>
/// 1 byte    version, 1
/// number    count of branches, then 8 bytes big-endian each
/// number    count of boundaries, oldest first, then for each
///   number  index of its branch
///   number  seqno, less that of the boundary before it
///   number  milliseconds since 1970, less those of the boundary before it
/// </code>
/// An empty column means none. A change makes a new version; this one stays readable.
/// </summary>
internal static class RetainedBoundariesCodec
{
    private const byte Version = 1;

    public static byte[] Encode(RetainedBoundaries boundaries)
    {
        if (boundaries.Count == 0)
            return [];
        var uuids = boundaries.OldestFirst.Select(boundary => boundary.Uuid).Distinct().ToList();
        var bytes = new List<byte>(16 + 8 * uuids.Count + 8 * boundaries.Count) { Version };
        WriteNumber(bytes, (ulong)uuids.Count);
        var fixedBytes = new byte[8];
        foreach (var uuid in uuids)
        {
            BinaryPrimitives.WriteUInt64BigEndian(fixedBytes, uuid.Value);
            bytes.AddRange(fixedBytes);
        }
        WriteNumber(bytes, (ulong)boundaries.Count);
        var (seqno, milliseconds) = (0UL, 0L);
        foreach (var boundary in boundaries.OldestFirst)
        {
            WriteNumber(bytes, (ulong)uuids.IndexOf(boundary.Uuid));
            WriteNumber(bytes, boundary.Seqno.Value - seqno);
            WriteNumber(bytes, (ulong)(boundary.HandledAt.ToUnixTimeMilliseconds() - milliseconds));
            (seqno, milliseconds) = (boundary.Seqno.Value, boundary.HandledAt.ToUnixTimeMilliseconds());
        }
        return [.. bytes];
    }

    /// <exception cref="InvalidDataException">The bytes are not of this form.</exception>
    public static RetainedBoundaries Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return RetainedBoundaries.None;
        if (bytes[0] != Version)
            throw new InvalidDataException($"retained boundaries of version {bytes[0]}; this program knows version {Version}");
        bytes = bytes[1..];
        var uuids = new VBucketUuid[ReadCount(ref bytes)];
        for (var i = 0; i < uuids.Length; i++)
        {
            if (bytes.Length < 8)
                throw new InvalidDataException("retained boundaries end within a branch");
            uuids[i] = new VBucketUuid(BinaryPrimitives.ReadUInt64BigEndian(bytes));
            bytes = bytes[8..];
        }
        var items = new RetainedBoundary[ReadCount(ref bytes)];
        var (seqno, milliseconds) = (0UL, 0UL);
        for (var i = 0; i < items.Length; i++)
        {
            var branch = ReadNumber(ref bytes);
            seqno = unchecked(seqno + ReadNumber(ref bytes));
            milliseconds = unchecked(milliseconds + ReadNumber(ref bytes));
            if (branch >= (ulong)uuids.Length || milliseconds > MaxMilliseconds)
                throw new InvalidDataException("retained boundaries name a branch or a time that cannot be");
            items[i] = new RetainedBoundary(
                uuids[branch], new Seqno(seqno), DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds));
        }
        if (!bytes.IsEmpty)
            throw new InvalidDataException($"{bytes.Length} bytes follow the retained boundaries");
        try
        {
            return RetainedBoundaries.From(items);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    private static readonly ulong MaxMilliseconds = (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private static int ReadCount(ref ReadOnlySpan<byte> bytes)
    {
        var count = ReadNumber(ref bytes);
        return count <= RetainedBoundaries.MaxCount
            ? (int)count
            : throw new InvalidDataException($"{count} is more than {RetainedBoundaries.MaxCount} retained boundaries");
    }

    private static void WriteNumber(List<byte> bytes, ulong value)
    {
        while (value >= 0x80)
        {
            bytes.Add((byte)(value | 0x80));
            value >>= 7;
        }
        bytes.Add((byte)value);
    }

    private static ulong ReadNumber(ref ReadOnlySpan<byte> bytes)
    {
        var value = 0UL;
        for (var i = 0; i < bytes.Length && i < 10; i++)
        {
            if (i == 9 && bytes[i] > 1)
                break;
            value |= (ulong)(bytes[i] & 0x7f) << (7 * i);
            if (bytes[i] >= 0x80)
                continue;
            bytes = bytes[(i + 1)..];
            return value;
        }
        throw new InvalidDataException("retained boundaries end within a number");
    }
}
