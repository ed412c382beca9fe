using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using ActorDcp.Protocol;
using ActorDcp.Protocol.ClusterMaps;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Client.Tests.Replay;

/// <summary>One connection of a recording, and what our client has to be told to ask the same.</summary>
internal sealed class RecordedConnection(int number, IReadOnlyList<RecordedFrame> frames, bool closedByServer)
{
    private const int OpenFlagsOffset = FrameHeader.Size + 4;
    private const int StreamExtrasLength = 48;

    // a recorded client may want NOOPs more often than a busy machine can be relied on to play them
    private static readonly TimeSpan ShortestNoopInterval = TimeSpan.FromSeconds(20);

    private IReadOnlyList<RecordedOperation>? _operations;

    internal int Number { get; } = number;

    internal IReadOnlyList<RecordedFrame> Frames { get; } = frames;

    /// <summary>Whether the recorded node hung up.</summary>
    internal bool ClosedByServer { get; } = closedByServer;

    internal byte[] HelloAnswer => Frames.FirstOrDefault(frame => frame.Is(Opcode.Helo, response: true) && frame.Header.Status == Status.Success) is { } answer
        ? Frame.Read(answer.Bytes).Value.ToArray()
        : [];

    /// <summary>The recorded node's error map; null where the recorded client did not ask for it.</summary>
    internal byte[]? ErrorMap => Frames.FirstOrDefault(frame => frame.Is(Opcode.GetErrorMap, response: true) && frame.Header.Status == Status.Success) is { } answer
        ? Frame.Read(answer.Bytes).Value.ToArray()
        : null;

    /// <summary>What the recorded client asked up to OPEN, each once, in order.</summary>
    internal IReadOnlyList<Opcode> Bootstrap => [.. Frames.Where(frame => frame.FromClient)
        .TakeWhile(frame => !frame.Is(Opcode.DcpOpen)).Select(frame => (Opcode)frame.Bytes[1]).Append(Opcode.DcpOpen).Distinct()];

    /// <summary>Whether the connection came as far as a DCP connection does.</summary>
    internal bool IsDcp => OpenFlags is not null && Frames.Any(frame => frame.Is(Opcode.DcpOpen, response: true) && frame.Header.Status == Status.Success);

    internal uint? OpenFlags => Frames.FirstOrDefault(frame => frame.FromClient && frame.Is(Opcode.DcpOpen)) is { } open
        ? BinaryPrimitives.ReadUInt32BigEndian(open.Bytes.AsSpan(OpenFlagsOffset))
        : null;

    internal bool Xattrs => (OpenFlags & 0x04) != 0;

    internal bool DeleteTimes => (OpenFlags & 0x20) != 0;

    internal bool NoValue => (OpenFlags & 0x48) != 0;

    internal bool Collections => Granted(HelloFeature.Collections);

    /// <summary>Whether the expiry opcode was asked for and is in force.</summary>
    internal bool Expirations => DeleteTimes && Controls.ContainsKey(ControlKeys.EnableExpiryOpcode);

    /// <summary>Settings asked for and granted; the last value counts.</summary>
    internal IReadOnlyDictionary<string, string> Controls
    {
        get
        {
            var granted = new Dictionary<string, string>();
            foreach (var frame in Frames.Where(frame => frame.FromClient && frame.Is(Opcode.DcpControl)))
                if (AnswerTo(frame)?.Header.Status == Status.Success)
                    granted[Encoding.ASCII.GetString(Frame.Read(frame.Bytes).Key)] = Encoding.ASCII.GetString(Frame.Read(frame.Bytes).Value);
            return granted;
        }
    }

    /// <summary>Settings that the recorded node refused.</summary>
    internal IReadOnlySet<string> RefusedControls => Frames
        .Where(frame => frame.FromClient && frame.Is(Opcode.DcpControl) && AnswerTo(frame) is { } answer && answer.Header.Status != Status.Success)
        .Select(frame => Encoding.ASCII.GetString(Frame.Read(frame.Bytes).Key)).Where(key => !Controls.ContainsKey(key)).ToHashSet();

    /// <summary>What our client asks, in the recorded order.</summary>
    internal IReadOnlyList<RecordedOperation> Operations => _operations ??= [.. ReadOperations()];

    internal DcpConnectionOptions Options(KvEndpoint endpoint)
    {
        var controls = Controls;
        return Tests.Options.For(endpoint) with
        {
            Xattrs = Xattrs,
            DeletedUserXattrs = (OpenFlags & 0x100) != 0,
            DeleteTimes = DeleteTimes,
            NoValue = NoValue,
            UnderlyingDatatype = (OpenFlags & 0x40) != 0,
            Collections = Collections,
            Compression = !Granted(HelloFeature.Snappy) ? DcpCompression.Off
                : controls.GetValueOrDefault(ControlKeys.ForceValueCompression) == "true" ? DcpCompression.Forced
                : DcpCompression.On,
            Window = int.Parse(controls.GetValueOrDefault(ControlKeys.ConnectionBufferSize, "0"), CultureInfo.InvariantCulture),
            NoopInterval = NoopInterval,
            Priority = controls.GetValueOrDefault(ControlKeys.SetPriority) switch
            {
                "low" => DcpPriority.Low,
                "high" => DcpPriority.High,
                _ => DcpPriority.Medium,
            },
            Oso = controls.ContainsKey(ControlKeys.EnableOutOfOrderSnapshots),
            StreamIds = controls.ContainsKey(ControlKeys.EnableStreamId),
            SyncWrites = controls.ContainsKey(ControlKeys.EnableSyncWrites),
        };
    }

    /// <summary>Settings that our client has to make as the recorded one did; a null value may differ.</summary>
    internal IEnumerable<(string Key, string? Value)> ControlsToAgree()
    {
        foreach (var (key, value) in Controls)
        {
            if (key is ControlKeys.EnableNoop or ControlKeys.SendStreamEndOnClientCloseStream or ControlKeys.EnableStreamId
                or ControlKeys.EnableSyncWrites or ControlKeys.ForceValueCompression or ControlKeys.SetPriority && value != "medium")
                yield return (key, value);
            else if (key == ControlKeys.ConnectionBufferSize && value != "0")
                yield return (key, value);
            else if (key == ControlKeys.SetNoopInterval)
                yield return (key, value == NoopInterval.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) ? value : null);
            else if (key == ControlKeys.EnableExpiryOpcode && DeleteTimes)
                yield return (key, value);
            else if (key is ControlKeys.EnableOutOfOrderSnapshots or ControlKeys.FlatbuffersSystemEvents)
                yield return (key, null);
        }
    }

    /// <summary>What the server sent for a stream request; opaques may have been used again later.</summary>
    internal IReadOnlyList<RecordedFrame> AnswersTo(RecordedFrame request) => [.. Frames
        .SkipWhile(frame => !ReferenceEquals(frame, request)).Skip(1)
        .TakeWhile(frame => !(frame.FromClient && frame.Is(Opcode.DcpStreamReq) && frame.Opaque == request.Opaque))
        .Where(frame => !frame.FromClient && frame.Opaque == request.Opaque)];

    /// <summary>The answer to a request; null when there was none.</summary>
    internal RecordedFrame? AnswerTo(RecordedFrame request) => Frames
        .SkipWhile(frame => !ReferenceEquals(frame, request)).Skip(1)
        .FirstOrDefault(frame => !frame.FromClient && frame.IsResponse && frame.Bytes[1] == request.Bytes[1] && frame.Opaque == request.Opaque);

    private TimeSpan NoopInterval
    {
        get
        {
            var recorded = TimeSpan.FromSeconds(double.Parse(Controls.GetValueOrDefault(ControlKeys.SetNoopInterval, "20"), CultureInfo.InvariantCulture));
            return recorded < ShortestNoopInterval ? ShortestNoopInterval : recorded;
        }
    }

    private bool Granted(HelloFeature feature) =>
        HelloAnswer.Chunk(2).Any(code => BinaryPrimitives.ReadUInt16BigEndian(code) == (ushort)feature);

    private IEnumerable<RecordedOperation> ReadOperations()
    {
        var streams = new Dictionary<(ushort VBucket, uint? StreamId), RecordedOperation.Stream>();
        foreach (var frame in Frames.Where(frame => frame.FromClient).SkipWhile(frame => !frame.Is(Opcode.DcpOpen)).ToList())
        {
            if (frame.Is(Opcode.DcpStreamReq))
            {
                var stream = ReadStream(frame);
                if (AnswerTo(frame)?.Header.Status == Status.Success)
                    streams[Address(frame)] = stream;
                yield return stream;
            }
            else if (frame.Is(Opcode.DcpCloseStream) && AnswerTo(frame)?.Header.Status == Status.Success && streams.Remove(Address(frame), out var opened))
            {
                var before = Frames.SkipWhile(each => !ReferenceEquals(each, opened.Frame)).TakeWhile(each => !ReferenceEquals(each, frame))
                    .Count(each => !each.FromClient && each.Opaque == opened.Frame.Opaque && ReplayedStream.IsEvent(each));
                yield return new RecordedOperation.Close(frame, opened, before);
            }
            else if (ReadQuestion(frame) is { } question)
            {
                yield return question;
            }
        }
    }

    private RecordedOperation.Stream ReadStream(RecordedFrame frame)
    {
        var bytes = frame.Bytes;
        var vbucket = new VBucketId(BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(6)));
        if (TryReadStream(bytes, vbucket, out var request, out var filter))
            return new RecordedOperation.Stream(frame, request, IsStandIn: false, filter);
        var standIn = new StreamRequest(vbucket, StreamOffset.Beginning, Seqno.Max);
        return new RecordedOperation.Stream(frame, standIn, IsStandIn: true, RecordedFilter.None);
    }

    private bool TryReadStream(byte[] bytes, VBucketId vbucket, out StreamRequest request, out RecordedFilter filter)
    {
        (request, filter) = (null!, RecordedFilter.None);
        // a legal request has no key, the datatype 0, and a value only where collections are in force
        if (bytes is not [0x80, _, 0, 0, StreamExtrasLength, 0, ..] || bytes.Length < FrameHeader.Size + StreamExtrasLength)
            return false;
        var extras = bytes.AsSpan(FrameHeader.Size, StreamExtrasLength);
        var value = bytes.AsSpan(FrameHeader.Size + StreamExtrasLength);
        if (RecordedFilter.Read(value) is not { } read || (!value.IsEmpty && !Collections)
            || read.HasStreamId != Controls.ContainsKey(ControlKeys.EnableStreamId) || BinaryPrimitives.ReadUInt32BigEndian(extras[4..]) != 0)
            return false;
        filter = read;
        try
        {
            var from = new StreamOffset(
                new VBucketUuid(BinaryPrimitives.ReadUInt64BigEndian(extras[24..])), SeqnoAt(extras, 8),
                new StreamSnapshot(SeqnoAt(extras, 32), SeqnoAt(extras, 40)), filter.Uid);
            request = new StreamRequest(
                vbucket, from, SeqnoAt(extras, 16), filter.ToFilter(), (StreamRequestFlags)BinaryPrimitives.ReadUInt32BigEndian(extras));
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static RecordedOperation? ReadQuestion(RecordedFrame frame)
    {
        if (frame.Bytes[0] != (byte)Magic.Request)
            return null;
        var read = Frame.Read(frame.Bytes);
        var extras = read.Extras;
        var length = read.Header.BodyLength;
        switch (read.Header.Opcode)
        {
            case Opcode.DcpGetFailoverLog when length == 0:
                return new RecordedOperation.FailoverLogOf(frame, read.Header.VBucket);
            case Opcode.ObserveSeqno when length == 8 && read.Value.Length == 8:
                return new RecordedOperation.Observe(frame, read.Header.VBucket, new VBucketUuid(BinaryPrimitives.ReadUInt64BigEndian(read.Value)));
            case Opcode.GetAllVBucketSeqnos when read.Header.VBucketOrStatus == 0 && length == extras.Length && length is 4 or 8:
                return new RecordedOperation.AllSeqnos(
                    frame, (VBucketStateFilter)BinaryPrimitives.ReadUInt32BigEndian(extras), length == 4 ? null : BinaryPrimitives.ReadUInt32BigEndian(extras[4..]));
            case Opcode.GetClusterConfig when length == 0:
                return new RecordedOperation.Map(frame, null);
            case Opcode.GetCollectionsManifest when length == 0 && read.Header.VBucketOrStatus == 0:
                return new RecordedOperation.Manifest(frame);
            default:
                return null;
        }
    }

    private static (ushort, uint?) Address(RecordedFrame frame)
    {
        var bytes = frame.Bytes;
        var vbucket = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(6));
        if (bytes[0] == (byte)Magic.FlexibleRequest)
            return (vbucket, BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(FrameHeader.Size + 1)));
        if (bytes.Length <= FrameHeader.Size + StreamExtrasLength)
            return (vbucket, null);
        var value = Encoding.UTF8.GetString(bytes.AsSpan(FrameHeader.Size + StreamExtrasLength));
        var sid = value.IndexOf("\"sid\":", StringComparison.Ordinal);
        return (vbucket, sid < 0 ? null : uint.Parse(
            new string([.. value[(sid + 6)..].TrimStart().TakeWhile(char.IsAsciiDigit)]) is { Length: > 0 } digits ? digits : "0", CultureInfo.InvariantCulture));
    }

    private static Seqno SeqnoAt(ReadOnlySpan<byte> extras, int offset) => new(BinaryPrimitives.ReadUInt64BigEndian(extras[offset..]));
}
