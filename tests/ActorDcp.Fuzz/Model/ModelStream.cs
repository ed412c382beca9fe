using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using ActorDcp.Protocol;

namespace ActorDcp.Fuzz.Model;

/// <summary>
/// What a producer sends for an accepted request (dcp-reference.md 5.5, 5.6 and quirk 10.4), laid out by hand: disk and memory
/// snapshots cut anywhere, tails that a filter hides, out-of-order backfills. Made message by message, so that writes may come
/// in between.
/// </summary>
internal sealed class ModelStream(ModelVBucket vbucket, ModelRequest request, Random random, bool filtered)
{
    /// <summary>Keys below this one are in the collection that a filtered stream asks for.</summary>
    internal const int VisibleKeys = 6;

    internal const int Keys = 8;

    private const uint Memory = 0x01;
    private const uint DiskCheckpoint = 0x06;
    private ulong _above = request.Start;
    private bool _isFirst = true;

    internal bool Sees(int key) => !filtered || key < VisibleKeys;

    /// <summary>All messages up to the high seqno.</summary>
    /// <param name="inOneSnapshot">Whether one snapshot brings all.</param>
    /// <param name="between">Called between two snapshots.</param>
    internal IEnumerable<byte[]> Messages(bool inOneSnapshot, Action between)
    {
        if (request.Start == 0 && filtered && random.Next(3) == 0)
            foreach (var message in OutOfOrder())
                yield return message;
        while (_above < vbucket.High)
        {
            var end = inOneSnapshot ? vbucket.High : _above + 1 + (ulong)random.NextInt64((long)(vbucket.High - _above));
            foreach (var message in random.Next(2) == 0 ? FromDisk(end) : FromMemory(end))
                yield return message;
            _above = end;
            if (!inOneSnapshot)
                between();
        }
    }

    private List<ModelChange> Visible(ulong end) => [.. vbucket.Snapshot(_above, end).Where(change => Sees(change.Key))];

    // the first marker begins where the request's snapshot does, and may end before that one did (memory where it was disk)
    private ulong FirstStart(ulong otherwise)
    {
        var start = _isFirst ? Math.Min(request.SnapStart, otherwise) : otherwise;
        _isFirst = false;
        return start;
    }

    private List<byte[]> FromDisk(ulong end)
    {
        var items = Visible(end);
        List<byte[]> messages = [Marker(FirstStart(_above + 1), end, DiskCheckpoint, random.Next(3))];
        var last = _above;
        foreach (var item in items)
        {
            // many filtered items make newer servers say how far they are (3.13 c)
            if (filtered && item.Seqno > last + 1 && random.Next(4) == 0)
                messages.Add(SeqnoAdvanced(item.Seqno - 1));
            messages.Add(Item(item));
            last = item.Seqno;
        }
        if (last < end)
            messages.Add(SeqnoAdvanced(end));
        return messages;
    }

    private List<byte[]> FromMemory(ulong end)
    {
        var items = Visible(end);
        if (items.Count == 0)
            return random.Next(2) == 0 ? [] : [Marker(FirstStart(_above + 1), end, Memory, 0), SeqnoAdvanced(end)];
        // ends at the last item that is sent (10.4), or at the end of what was hidden
        var tail = filtered && items[^1].Seqno < end && random.Next(2) == 0;
        List<byte[]> messages = [Marker(FirstStart(items[0].Seqno), tail ? end : items[^1].Seqno, Memory, 0)];
        messages.AddRange(items.Select(Item));
        if (tail)
            messages.Add(SeqnoAdvanced(end));
        return messages;
    }

    private List<byte[]> OutOfOrder()
    {
        var end = vbucket.High;
        var items = Visible(end);
        List<byte[]> messages = [Message(Opcode.DcpOsoSnapshot, [0, 0, 0, 1])];
        messages.AddRange(items.OrderBy(_ => random.Next()).Select(Item));
        if (items.Count == 0 || items[^1].Seqno < end)
            messages.Add(SeqnoAdvanced(end));
        messages.Add(Message(Opcode.DcpOsoSnapshot, [0, 0, 0, 2]));
        _above = end;
        _isFirst = false;
        return messages;
    }

    private static byte[] Marker(ulong start, ulong end, uint flags, int version)
    {
        var fields = new byte[version == 0 ? 20 : version == 1 ? 36 : 52];
        BinaryPrimitives.WriteUInt64BigEndian(fields, start);
        BinaryPrimitives.WriteUInt64BigEndian(fields.AsSpan(8), end);
        BinaryPrimitives.WriteUInt32BigEndian(fields.AsSpan(16), flags);
        return version == 0
            ? Message(Opcode.DcpSnapshotMarker, fields)
            : Message(Opcode.DcpSnapshotMarker, [version == 1 ? (byte)0 : (byte)2], value: fields);
    }

    private static byte[] SeqnoAdvanced(ulong seqno)
    {
        var extras = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(extras, seqno);
        return Message(Opcode.DcpSeqnoAdvanced, extras);
    }

    private byte[] Item(ModelChange change)
    {
        var extras = new byte[change.Value is not null ? 31 : 18 + 3 * random.Next(2)];
        BinaryPrimitives.WriteUInt64BigEndian(extras, change.Seqno);
        byte[] key = [8, .. Encoding.ASCII.GetBytes(change.Key.ToString(CultureInfo.InvariantCulture))];
        return Message(
            change.Value is not null ? Opcode.DcpMutation : Opcode.DcpDeletion, extras, key,
            change.Value is null ? [] : Encoding.ASCII.GetBytes(change.Value));
    }

    private static byte[] Message(Opcode opcode, byte[] extras, byte[]? key = null, byte[]? value = null)
    {
        var output = new ArrayBufferWriter<byte>(FrameHeader.Size + extras.Length + 32);
        FrameWriter.WriteRequest(output, opcode, default, 1, extras, key, value);
        return output.WrittenSpan.ToArray();
    }
}
