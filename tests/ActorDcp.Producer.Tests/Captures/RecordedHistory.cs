using System.Buffers.Binary;
using System.Text.Json;
using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Collections;
using ActorDcp.Producer.Dcp;
using ActorDcp.Producer.SyncWrites;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>What a capture presumes of its bucket: its name, branches, and the changes that no command of the capture wrote.</summary>
internal sealed class RecordedHistory
{
    /// <summary>A stream that begins with data within this time found it there.</summary>
    private const double AlreadyThere = 250;

    private readonly Capture _capture;
    private readonly Dictionary<(int Connection, uint Opaque), CapturedEvent> _streams = [];
    private readonly Dictionary<RecordedBranch, SortedDictionary<ulong, StoredItem>> _items = [];
    private readonly Dictionary<int, RecordedBranch> _branches = [];
    private readonly Dictionary<(int, uint), MarkerFlags> _begun = [];
    private readonly HashSet<int> _withoutCollections = [];
    private readonly HashSet<ulong> _ownCas = [];
    private readonly List<ReachedSnapshot> _reached = [];
    private readonly RecordedItems _facts;
    private readonly Dictionary<int, ulong> _highSeqnos = [];
    private readonly Dictionary<(int VBucket, uint Collection), ulong> _collectionHighs = [];
    private readonly Dictionary<int, ulong> _memoryFrom = [];
    private readonly HashSet<int> _firstFromDisk = [];
    private readonly HashSet<int> _tellFrequencies = [];
    private readonly RecordedStatistics _statistics = new();
    private readonly Dictionary<(int Connection, uint Opaque, Opcode Opcode), CapturedEvent> _requests = [];
    private readonly Dictionary<int, ulong> _firstOwn = [];

    private RecordedHistory(Capture capture)
    {
        _capture = capture;
        _facts = new RecordedItems(capture.Expect);
    }

    public string Bucket { get; private set; } = "default";

    public int VBuckets { get; private set; } = 4;

    public Dictionary<int, FailoverLog> Logs { get; } = [];

    public List<RecordedBatch> Batches { get; private set; } = [];

    /// <summary>Highest purged tombstones.</summary>
    public Dictionary<int, ulong> PurgeSeqnos { get; } = [];

    /// <summary>Scopes and collections at the beginning; null when there are only the default ones.</summary>
    public BucketManifest? Manifest { get; private set; }

    /// <summary>Cas values of what is seeded.</summary>
    public HashSet<ulong> Cas { get; } = [];

    /// <summary>Uuids of the branches that are seeded.</summary>
    public HashSet<ulong> Uuids { get; } = [];

    /// <summary>The time at which the recording began.</summary>
    public DateTimeOffset Start { get; private set; } = DateTimeOffset.UtcNow;

    public static RecordedHistory Of(Capture capture)
    {
        var history = Read(capture);
        history.FindFinished();
        history.Borrow();
        history.SeedCollectionHighs();
        history.SeedPrepares();
        foreach (var (vbucket, item) in UnseenDocuments.Of(capture.Name))
            history.ItemsOf(new RecordedBranch(vbucket, 0)).TryAdd(item.Seqno, item);
        history.MakeBatches();
        history.FindManifest();
        history.FindStart();
        return history;
    }

    /// <summary>What a capture itself shows.</summary>
    public static RecordedHistory Read(Capture capture)
    {
        var history = new RecordedHistory(capture);
        history.FindBucket();
        history.FindFacts();
        foreach (var captured in capture.Events)
            if (!captured.IsClose)
                history.Note(captured);
        history.NoteStatistics();
        return history;
    }

    /// <summary>Changes of a vbucket's first branch that the capture itself shows.</summary>
    public IEnumerable<StoredItem> ShownItems(int vbucket) => _items.GetValueOrDefault(new RecordedBranch(vbucket, 0))?.Values ?? Enumerable.Empty<StoredItem>();

    private void FindBucket()
    {
        var answered = _capture.Events.Where(e => e is { IsClose: false, FromClient: false, IsAnswer: true, VBucketOrStatus: 0 })
            .Select(e => (e.Connection, e.Opaque, e.Opcode)).ToHashSet();
        foreach (var captured in _capture.Events)
        {
            if (captured is { IsClose: false, FromClient: true, Opcode: Opcode.SelectBucket } && captured.Bytes!.Length > FrameHeader.Size + 1
                && answered.Contains((captured.Connection, captured.Opaque, Opcode.SelectBucket)) && captured.Bytes[^1] != '@')
            {
                Bucket = captured.Frame.Key is var key ? System.Text.Encoding.UTF8.GetString(key) : Bucket;
                break;
            }
        }
        if (_capture.Name.StartsWith("client-go", StringComparison.Ordinal) || _capture.Name.StartsWith("client-java", StringComparison.Ordinal))
            VBuckets = 16;
        foreach (var (vbucket, log) in RecordedItems.ReadLogs(_capture.Expect))
            Logs[vbucket] = log;
    }

    public bool HasChanges(int vbucket) => Batches.Exists(batch => batch.VBucket == vbucket);

    private void FindFacts()
    {
        var expect = _capture.Expect;
        if (expect.TryGetProperty("manifest", out var manifest) && manifest.ValueKind == JsonValueKind.Object)
            Manifest = ManifestJson.Read(manifest);
        var vbucket = expect.TryGetProperty("vb", out var named) && named.ValueKind == JsonValueKind.Number ? named.GetInt32() : 0;
        foreach (var name in (string[])["purge", "purge_seqno"])
            if (expect.TryGetProperty(name, out var purge) && purge.ValueKind == JsonValueKind.Number)
                PurgeSeqnos[vbucket] = purge.GetUInt64();
        if (!expect.TryGetProperty("vbuckets", out var vbuckets) || vbuckets.ValueKind != JsonValueKind.Object)
            return;
        foreach (var known in vbuckets.EnumerateObject())
        {
            var id = int.Parse(known.Name, System.Globalization.CultureInfo.InvariantCulture);
            Logs[id] = RecordedItems.ReadLog(known.Value.GetProperty("failover_log"));
            PurgeSeqnos[id] = known.Value.GetProperty("purge_seqno").GetUInt64();
            NoteHighSeqno(id, known.Value.GetProperty("high_seqno").GetUInt64());
        }
    }

    private void Note(CapturedEvent captured)
    {
        if (captured.FromClient)
        {
            if (!captured.IsAnswer)
                _requests[(captured.Connection, captured.Opaque, captured.Opcode)] = captured;
            if (captured is { IsAnswer: false, Opcode: Opcode.DcpControl } && captured.Frame.Key.AsSpan().SequenceEqual("supports_hifi_MFU"u8))
                _tellFrequencies.Add(captured.Connection);
            if (captured.Opcode is Opcode.DcpStreamReq or Opcode.GetAllVBucketSeqnos)
                _streams[(captured.Connection, captured.Opaque)] = captured;
            return;
        }
        switch (captured.Opcode)
        {
            case Opcode.Helo:
                if (!captured.Frame.Value.Chunk(2).Any(code => code is [0, 0x12]))
                    _withoutCollections.Add(captured.Connection);
                break;
            case Opcode.DcpStreamReq when captured.VBucketOrStatus == 0:
                if (_streams.TryGetValue((captured.Connection, captured.Opaque), out var request))
                    NoteLog(request.VBucketOrStatus, captured.Frame.Value);
                break;
            case Opcode.DcpGetFailoverLog or Opcode.GetFailoverLog when captured is { IsAnswer: true, VBucketOrStatus: 0 }:
                if (_requests.TryGetValue((captured.Connection, captured.Opaque, captured.Opcode), out var asked))
                    NoteLog(asked.VBucketOrStatus, captured.Frame.Value);
                break;
            case Opcode.Stat when captured is { IsAnswer: true, VBucketOrStatus: 0 }:
                _statistics.Note(captured.Frame);
                break;
            case Opcode.GetAllVBucketSeqnos when captured.VBucketOrStatus == 0:
                NoteHighSeqnos(captured);
                break;
            case Opcode.ObserveSeqno when captured is { VBucketOrStatus: 0, IsAnswer: true }:
                NoteObserved(captured.Frame.Value);
                break;
            case Opcode.GetCollectionsManifest when captured.VBucketOrStatus == 0 && Manifest is null:
                using (var manifest = JsonDocument.Parse(captured.Frame.Value))
                    Manifest = ManifestJson.Read(manifest.RootElement);
                break;
            case Opcode.DcpSnapshotMarker or Opcode.DcpOsoSnapshot:
                NoteMarker(captured);
                break;
            case Opcode.DcpSystemEvent:
                NoteSystemEvent(captured);
                break;
            case Opcode.DcpMutation or Opcode.DcpDeletion or Opcode.DcpExpiration when !captured.IsAnswer:
                NoteItem(captured);
                break;
            case Opcode.DcpPrepare or Opcode.DcpCommit or Opcode.DcpAbort when !captured.IsAnswer:
                NoteSyncWrite(captured);
                break;
            case Opcode.Get or Opcode.GetMeta:
                break;
            default:
                if (captured is { IsAnswer: true, VBucketOrStatus: 0 } && captured.Cas != 0)
                {
                    _ownCas.Add(captured.Cas);
                    NoteOwnWrite(captured);
                }
                break;
        }
    }

    /// <summary>Before its first change that the recorded client made, a vbucket had come to the seqno below.</summary>
    private void NoteOwnWrite(CapturedEvent captured)
    {
        if (captured.Frame.Extras is not { Length: 16 } token || !_requests.TryGetValue((captured.Connection, captured.Opaque, captured.Opcode), out var request))
            return;
        var seqno = BinaryPrimitives.ReadUInt64BigEndian(token.AsSpan(8));
        if (_firstOwn.TryAdd(request.VBucketOrStatus, seqno))
            NoteHighSeqno(request.VBucketOrStatus, seqno - 1);
    }

    private bool IsOwn(int vbucket, ulong seqno) => _firstOwn.TryGetValue(vbucket, out var first) && seqno >= first;

    /// <summary>What statistics alone tell of vbuckets.</summary>
    private void NoteStatistics()
    {
        foreach (var (vbucket, log) in _statistics.Logs)
            NoteLog(vbucket, log);
        foreach (var (vbucket, high) in _statistics.HighSeqnos)
            NoteHighSeqno(vbucket, high);
    }

    /// <summary>Where statistics tell of a durable write that no stream shows as one, the change behind its seqno is what it came to.</summary>
    private void SeedPrepares()
    {
        foreach (var (vbucket, prepared) in _statistics.HighPreparedSeqnos)
        {
            var items = ItemsOf(new RecordedBranch(vbucket, 0));
            if (prepared == 0 || items.ContainsKey(prepared) || !items.TryGetValue(prepared + 1, out var change) || change.Kind != ItemKind.Mutation)
                continue;
            var prepare = SyncWriteItem.Prepare(change.Key, change.Value, new ItemMetadata(
                prepared, change.Cas, change.Rev, change.Flags, change.Expiry, change.Datatype, ItemKind.Prepare), DurabilityLevel.Majority, isDeletion: false);
            items[prepared] = prepare;
            items[prepared + 1] = prepare.ToCommit(prepared + 1, prepare.Expiry);
            items[prepared + 1].IsCold = change.IsCold;
        }
    }

    private void NoteLog(int vbucket, byte[] value)
    {
        if (value.Length == 0 || value.Length % 16 != 0)
            return;
        var log = new FailoverLog(value.Chunk(16).Select(entry => new FailoverLogEntry(
            new VBucketUuid(BinaryPrimitives.ReadUInt64BigEndian(entry)), new Seqno(BinaryPrimitives.ReadUInt64BigEndian(entry.AsSpan(8))))));
        if (!_branches.ContainsKey(vbucket))
            _branches[vbucket] = new RecordedBranch(vbucket, 0) { Uuid = log.NewestUuid, Start = log.Entries[0].Seqno.Value };
        else if (_branches[vbucket] is var known && known.Uuid != log.NewestUuid)
            _branches[vbucket] = new RecordedBranch(vbucket, known.Generation + 1) { Uuid = log.NewestUuid, Start = log.Entries[0].Seqno.Value };
        Logs.TryAdd(vbucket, log);
    }

    private RecordedBranch BranchOf(int vbucket) => _branches.GetValueOrDefault(vbucket, new RecordedBranch(vbucket, 0));

    /// <summary>The first answer about a vbucket tells where it stood at the beginning.</summary>
    private void NoteHighSeqnos(CapturedEvent captured)
    {
        if (_streams.TryGetValue((captured.Connection, captured.Opaque), out var request) && request.Bytes![4] > 4)
        {
            var collection = BinaryPrimitives.ReadUInt32BigEndian(request.Frame.Extras.AsSpan(4));
            foreach (var entry in captured.Frame.Value.Chunk(10))
                _collectionHighs.TryAdd((BinaryPrimitives.ReadUInt16BigEndian(entry), collection), BinaryPrimitives.ReadUInt64BigEndian(entry.AsSpan(2)));
            return;
        }
        foreach (var entry in captured.Frame.Value.Chunk(10))
            NoteHighSeqno(BinaryPrimitives.ReadUInt16BigEndian(entry), BinaryPrimitives.ReadUInt64BigEndian(entry.AsSpan(2)));
    }

    private void NoteObserved(byte[] value)
    {
        if (value.Length < 27)
            return;
        var vbucket = BinaryPrimitives.ReadUInt16BigEndian(value.AsSpan(1));
        if (value[0] == 0)
            NoteLog(vbucket, [.. value.AsSpan(3, 8), .. new byte[8]]);
        NoteHighSeqno(vbucket, BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan(19)));
    }

    private void NoteHighSeqno(int vbucket, ulong seqno)
    {
        if (_highSeqnos.TryAdd(vbucket, seqno) && seqno > 0 && !_reached.Exists(reached => reached.Branch.VBucket == vbucket))
            _reached.Add(new ReachedSnapshot(0, new RecordedBranch(vbucket, 0), 0, seqno, OnDisk: false, Opens: false));
    }

    private void NoteMarker(CapturedEvent captured)
    {
        var frame = captured.Frame;
        var body = frame.Extras.Length == 20 ? frame.Extras : frame.Value;
        var isOutOfOrder = frame.Opcode == Opcode.DcpOsoSnapshot;
        if (!isOutOfOrder && body.Length < 20)
            return;
        var end = isOutOfOrder ? ulong.MaxValue : BinaryPrimitives.ReadUInt64BigEndian(body.AsSpan(8));
        var flags = isOutOfOrder ? MarkerFlags.Disk | MarkerFlags.Checkpoint : (MarkerFlags)BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(16));
        var before = captured.Index;
        var vbucket = frame.Header.VBucketOrStatus;
        var stream = (captured.Connection, captured.Opaque);
        var branch = BranchOf(vbucket);
        var isFirst = !_begun.TryGetValue(stream, out var flagsBefore);
        _begun[stream] = flags;
        if (isFirst && _streams.TryGetValue(stream, out var request))
        {
            // a stream begins with what was there; what follows may have come while it ran
            if (captured.Milliseconds - request.Milliseconds < AlreadyThere)
                before = _firstOwn.ContainsKey(vbucket) || _reached.Exists(known => known.Branch.VBucket == vbucket) ? request.Index : 0;
            if ((flags & MarkerFlags.Memory) != 0)
            {
                var start = BinaryPrimitives.ReadUInt64BigEndian(request.Frame.Extras.AsSpan(8));
                _memoryFrom[vbucket] = Math.Min(start, _memoryFrom.GetValueOrDefault(vbucket, ulong.MaxValue));
            }
            else
                _firstFromDisk.Add(vbucket);
        }
        // a stream's first marker from memory has the flag whatever its checkpoint
        var opens = !isFirst && (flags & flagsBefore & MarkerFlags.Memory) != 0 && (flags & MarkerFlags.Checkpoint) != 0;
        var markerStart = isOutOfOrder ? 0 : BinaryPrimitives.ReadUInt64BigEndian(body);
        _reached.Add(new ReachedSnapshot(before, branch, markerStart, end, (flags & MarkerFlags.Disk) != 0, opens));
    }

    private void NoteSystemEvent(CapturedEvent captured)
    {
        var frame = Frame.Read(captured.Bytes);
        var seqno = BinaryPrimitives.ReadUInt64BigEndian(frame.Extras);
        ItemsOf(frame.Header.VBucketOrStatus).TryAdd(seqno, SystemEventRecord.Read(frame).ToItem(seqno, frame.Header.Cas, 1));
    }

    private void NoteItem(CapturedEvent captured)
    {
        var frame = captured.Frame;
        var items = ItemsOf(frame.Header.VBucketOrStatus);
        byte[] key = _withoutCollections.Contains(captured.Connection) ? [0, .. frame.Key] : frame.Key;
        var item = _facts.Read(frame, key);
        if (frame.Opcode == Opcode.DcpMutation)
            item.Frequency = _tellFrequencies.Contains(captured.Connection) ? frame.Extras[^1] : FrequencyCounter.FromTwoBits(frame.Extras[^1]);
        if (!items.TryGetValue(item.Seqno, out var known) || known.ValueLength < item.ValueLength)
            items[item.Seqno] = item;
        else if (item.IsCold)
            known.IsCold = true;
    }

    private void NoteSyncWrite(CapturedEvent captured)
    {
        var frame = captured.Frame;
        var items = ItemsOf(frame.Header.VBucketOrStatus);
        byte[] key = _withoutCollections.Contains(captured.Connection) ? [0, .. frame.Key] : frame.Key;
        var item = RecordedSyncWrites.Read(frame, key, items);
        if (!items.TryGetValue(item.Seqno, out var known) || known is not SyncWriteItem)
            items[item.Seqno] = item;
    }

    private SortedDictionary<ulong, StoredItem> ItemsOf(int vbucket) => ItemsOf(BranchOf(vbucket));

    private SortedDictionary<ulong, StoredItem> ItemsOf(RecordedBranch branch)
    {
        if (!_items.TryGetValue(branch, out var items))
            _items[branch] = items = [];
        return items;
    }

    /// <summary>A vbucket that was only found, not written to, had come to what the list of high seqnos says.</summary>
    private void FindFinished()
    {
        var finished = RecordedItems.ReadHighSeqnos(_capture.Expect);
        foreach (var (vbucket, high) in finished)
        {
            var isStreamed = _streams.Values.Any(request => request.Opcode == Opcode.DcpStreamReq && request.VBucketOrStatus == vbucket);
            if (isStreamed && _reached.All(reached => reached.Branch.VBucket != vbucket || IsFound(reached)))
                _reached.Add(new ReachedSnapshot(0, new RecordedBranch(vbucket, 0), 0, high, OnDisk: true, Opens: false));
        }
    }

    private bool IsFound(ReachedSnapshot reached) => reached.Before == 0 || _capture.Events[reached.Before].FromClient;

    /// <summary>What other captures show of the same branches, as far as this one had come.</summary>
    private void Borrow()
    {
        foreach (var (vbucket, log) in Logs)
        {
            var last = _reached.Where(reached => reached.Branch == new RecordedBranch(vbucket, 0) && reached.End != ulong.MaxValue).Select(reached => reached.End).DefaultIfEmpty().Max();
            if (last == 0)
                continue;
            var items = ItemsOf(new RecordedBranch(vbucket, 0));
            foreach (var item in RecordedNeighbours.ItemsOf(_capture.Name, vbucket, log))
                if (item.Seqno <= last)
                    items.TryAdd(item.Seqno, item);
        }
    }

    /// <summary>Where a collection's high seqno is all that is known of it, a change of it stands there.</summary>
    private void SeedCollectionHighs()
    {
        if (_collectionHighs.Count > 0)
            Manifest ??= RecordedManifest.After(BucketManifest.Initial,
                _items.Values.SelectMany(items => items.Values).Where(item => item.Kind == ItemKind.SystemEvent).Select(SystemEventRecord.Read));
        foreach (var ((vbucket, collection), seqno) in _collectionHighs)
        {
            if (seqno == 0 || Manifest is null)
                continue;
            var items = ItemsOf(new RecordedBranch(vbucket, 0));
            items.TryAdd(seqno, RecordedManifest.ChangeOf(Manifest, collection, seqno));
            if (!_reached.Exists(reached => reached.Branch.VBucket == vbucket && reached.End >= seqno))
                _reached.Add(new ReachedSnapshot(0, new RecordedBranch(vbucket, 0), 0, seqno, OnDisk: true, Opens: false));
        }
    }

    /// <summary>Each change belongs to the first snapshot that reached it; what only the lists know was there from the beginning.</summary>
    private void MakeBatches()
    {
        foreach (var (vbucket, item) in _facts.All)
        {
            var branch = new RecordedBranch(vbucket, 0);
            var first = _reached.Where(reached => reached.Branch == branch).OrderBy(reached => reached.Before).Select(reached => reached.End).FirstOrDefault(ulong.MaxValue);
            if (item.Seqno <= first)
                ItemsOf(branch).TryAdd(item.Seqno, item);
        }
        foreach (var branch in _items.Keys.Union(_reached.Select(reached => reached.Branch)).ToList())
            MakeBatches(branch);
        Batches = [.. Batches.OrderBy(batch => batch.Before)];
        Cas.UnionWith(Batches.SelectMany(batch => batch.Items).Select(item => item.Cas));
        Uuids.UnionWith(Logs.Values.SelectMany(log => log.Entries).Select(entry => entry.Uuid.Value));
    }

    private void MakeBatches(RecordedBranch branch)
    {
        var items = ItemsOf(branch);
        var snapshots = _reached.Where(reached => reached.Branch == branch).ToList();
        var openings = snapshots.Where(reached => reached.Opens).Select(reached => reached.Start).Distinct().Order().ToList();
        var taken = branch.Generation == 0 ? 0 : branch.Start;
        foreach (var reached in snapshots.OrderBy(reached => reached.Before).Append(new ReachedSnapshot(0, branch, 0, ulong.MaxValue, OnDisk: true, Opens: false)))
        {
            // no snapshot in memory goes beyond its checkpoint, so that a batch for each is one step all the same
            // and each end of a snapshot was there for a while: some stream read up to it alone
            var steps = openings.Select(opening => opening - 1);
            if (reached.Before > 0)
                steps = steps.Concat(snapshots.Select(snapshot => snapshot.End));
            foreach (var step in steps.Where(step => step > taken && step < reached.End && reached.End != ulong.MaxValue).Distinct().Order().ToList())
                Take(step, reached);
            Take(reached.End, reached);
        }

        void Take(ulong through, ReachedSnapshot reached)
        {
            var fresh = items.Values.Where(item => item.Seqno > taken && item.Seqno <= through && !_ownCas.Contains(item.Cas) && !IsOwn(branch.VBucket, item.Seqno)).ToList();
            var end = through == ulong.MaxValue ? fresh.Count > 0 ? fresh[^1].Seqno : 0 : through;
            if (end > taken && (fresh.Count > 0 || !IsOwn(branch.VBucket, end)))
                AddBatches(reached.Before, branch.VBucket, fresh, end, reached.OnDisk || (reached.Before == 0 && _firstFromDisk.Contains(branch.VBucket)),
                    taken > 0 && openings.Contains(taken + 1));
            taken = Math.Max(taken, end);
        }
    }

    /// <summary>What later streams get from memory is there, though the first came from disk.</summary>
    private void AddBatches(int before, int vbucket, List<StoredItem> items, ulong end, bool onDisk, bool opens)
    {
        var memoryFrom = _memoryFrom.GetValueOrDefault(vbucket, ulong.MaxValue);
        if (!onDisk || memoryFrom >= end)
        {
            Batches.Add(new RecordedBatch(before, vbucket, items, end, onDisk, opens));
            return;
        }
        if (memoryFrom > 0)
            Batches.Add(new RecordedBatch(before, vbucket, items.FindAll(item => item.Seqno <= memoryFrom), memoryFrom, OnDisk: true, opens));
        Batches.Add(new RecordedBatch(before, vbucket, items.FindAll(item => item.Seqno > memoryFrom), end, OnDisk: false, OpensCheckpoint: false));
    }

    /// <summary>The manifest that the system events of the beginning lead to.</summary>
    private void FindManifest()
    {
        if (Manifest is not null)
            return;
        var events = Batches.Where(batch => batch.Before == 0).SelectMany(batch => batch.Items)
            .Where(item => item.Kind == ItemKind.SystemEvent).Select(SystemEventRecord.Read).ToList();
        if (events.Count > 0)
            Manifest = RecordedManifest.After(BucketManifest.Initial, events);
    }

    /// <summary>A cas is a time (dcp-reference.md 5.2).</summary>
    private void FindStart()
    {
        var own = _capture.Events.FirstOrDefault(e => !e.IsClose && !e.FromClient && _ownCas.Contains(e.Cas));
        var written = Batches.Find(batch => batch.Items.Count > 0);
        var cas = own?.Cas ?? written?.Items.Max(item => item.Cas) ?? 0;
        var milliseconds = own?.Milliseconds ?? (written is { Before: > 0 } ? _capture.Events[written.Before].Milliseconds : 0);
        if (cas != 0)
            Start = DateTimeOffset.UnixEpoch + TimeSpan.FromTicks((long)(cas / 100)) - TimeSpan.FromMilliseconds(milliseconds);
    }
}
