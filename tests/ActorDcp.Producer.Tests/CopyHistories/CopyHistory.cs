using System.Globalization;
using System.Text;
using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Tests.CopyHistories;

/// <summary>An active vbucket, a copy that it feeds, disks and readers of both, and what happens to them, by a seed.</summary>
internal sealed class CopyHistory
{
    private const int Keys = 12;
    private static readonly VBucketId Zero = new(0);
    private readonly Random _random;
    private readonly BucketSettings _settings;
    private readonly List<string> _events = [];
    private CopyModel _model = new();
    private VBucket _active;
    private SimulatedDisk _activeDisk = new();
    private SimulatedDisk _copyDisk = new();
    private HistoryFeed _feed;
    private readonly List<HistoryReader> _readers;
    private List<HistoryReader> _copyReaders;
    private int _comparedBefore;
    private int _rollbacksBefore;

    public CopyHistory(int seed)
    {
        _random = new Random(seed);
        _settings = new BucketSettings
        {
            Name = "random",
            VBuckets = 1,
            CheckpointMaxItems = 2 + _random.Next(8),
            MaxClosedCheckpoints = 1 + _random.Next(4),
            RewindableChanges = 60,
            Time = TimeProvider.System,
        };
        _active = new VBucket(Zero, _settings, changed: _ => { });
        _feed = NewFeed();
        _readers = [new HistoryReader(_active), new HistoryReader(_active), new HistoryReader(_active)];
        _copyReaders = [new HistoryReader(_feed.Copy), new HistoryReader(_feed.Copy)];
    }

    public int Compared => _comparedBefore + All.Sum(reader => reader.Compared);

    public int Rollbacks => _rollbacksBefore + All.Sum(reader => reader.Rollbacks);

    public int Promotions { get; private set; }

    public int Crashes { get; private set; }

    private IEnumerable<HistoryReader> All => [.. _readers, .. _copyReaders, _feed];

    public void Step()
    {
        switch (_random.Next(1_000))
        {
            case < 400: Write(isLive: true); break;
            case < 470: Write(isLive: false); break;
            case < 560: WriteDisk(_active, _activeDisk, _model); break;
            case < 620: WriteDisk(_feed.Copy, _copyDisk, model: null); break;
            case < 760: Pick(_readers).Step(_model, _random.Next(1, 12)); break;
            case < 850: Pick(_copyReaders).Step(_model, _random.Next(1, 12)); break;
            case < 940: _feed.Step(_model, _random.Next(1, 12)); break;
            case < 950: Either.ExpelCheckpoints(); break;
            case < 960: Either.ExpelBehindCursors(); break;
            case < 970: Either.Compact(); break;
            case < 975: Either.PurgeTombstones((ulong)_random.NextInt64((long)_model.HighSeqno + 1)); break;
            case < 985: Reconnect(Pick([.. _readers, .. _copyReaders])); break;
            case < 990: LoseNewest(); break;
            case < 993: CrashActive(); break;
            case < 996: CrashCopy(); break;
            case < 998: Promote(); break;
            default: _feed.Reconnect(_active); break;
        }
    }

    /// <summary>Everything is read to its end: all must have what the model has.</summary>
    public void Settle()
    {
        for (var round = 0; round < 200; round++)
        {
            WriteDisk(_active, _activeDisk, _model);
            WriteDisk(_feed.Copy, _copyDisk, model: null);
            foreach (var reader in All)
                reader.Step(_model, int.MaxValue);
        }
        foreach (var reader in All)
            Assert.Equal((_model.HighSeqno, _model.HighSeqno), (reader.Position, reader.VBucket.HighSeqno));
    }

    public override string ToString() =>
        $"high {_model.HighSeqno}; last events: {string.Join(", ", _events.TakeLast(12))}; {string.Join(" | ", All)}";

    private VBucket Either => _random.Next(2) == 0 ? _active : _feed.Copy;

    private HistoryFeed NewFeed()
    {
        var copy = new VBucket(Zero, _settings, changed: _ => { });
        copy.ChangeState(VBucketState.Replica);
        _copyDisk = new SimulatedDisk();
        return new HistoryFeed(_active, copy, rolledBack => _copyDisk.Write(rolledBack));
    }

    private void Write(bool isLive)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"k{_random.Next(Keys)}");
        byte[] prefixed = [0, .. Encoding.UTF8.GetBytes(key)];
        var outcome = isLive
            ? _active.Store(new StoreRequest { Mode = StoreMode.Set, Key = prefixed, Value = "v"u8 })
            : _active.Delete(prefixed, cas: 0);
        if (outcome.Item is not null)
            _model.Add(outcome.Item.Seqno, key, isLive);
    }

    private static void WriteDisk(VBucket vbucket, SimulatedDisk disk, CopyModel? model)
    {
        var written = disk.Write(vbucket);
        if (model is not null)
            Assert.Equal(CopyModel.Show(model.StateAt(written)), CopyModel.Show(disk.State()));
    }

    private HistoryReader Pick(List<HistoryReader> readers) => readers[_random.Next(readers.Count)];

    private static void Reconnect(HistoryReader reader) => reader.Reconnect(reader.VBucket);

    private void LoseNewest()
    {
        try
        {
            _active.LoseNewest(_random.Next(20));
        }
        catch (InvalidOperationException)
        {
            // what it replaced is compacted away
            return;
        }
        _model.TruncateTo(_active.HighSeqno);
        // a crash before this is on disk brings the lost changes back, which is another history
        WriteDisk(_active, _activeDisk, _model);
        Note($"lost above {_active.HighSeqno}");
        _feed.Reconnect(_active);
    }

    private void CrashActive()
    {
        if (_activeDisk.Restart(_settings) is not { } again)
            return;
        Crashes++;
        _active = again;
        _model.TruncateTo(_active.HighSeqno);
        Note($"active back at {_active.HighSeqno}");
        _feed.Reconnect(_active);
        foreach (var reader in _readers)
            reader.Reconnect(_active);
    }

    private void CrashCopy()
    {
        if (_copyDisk.Restart(_settings) is not { } again)
            return;
        Crashes++;
        Note($"copy back at {again.HighSeqno}");
        _feed.Restart(again);
        foreach (var reader in _copyReaders)
            reader.Reconnect(_feed.Copy);
    }

    private void Promote()
    {
        var (copy, received) = (_feed.Copy, _feed.Received);
        var whole = copy.PromotionSeqno;
        copy.Promote(takeover: false);
        Promotions++;
        Note($"copy promoted at {whole} of {copy.HighSeqno}");
        _model = _model.UpToThen(whole, received);
        _comparedBefore += _copyReaders.Sum(reader => reader.Compared) + _feed.Compared;
        _rollbacksBefore += _copyReaders.Sum(reader => reader.Rollbacks) + _feed.Rollbacks;
        (_active, _activeDisk) = (copy, _copyDisk);
        WriteDisk(_active, _activeDisk, _model);
        foreach (var reader in _readers)
            reader.Reconnect(_active);
        _feed = NewFeed();
        _copyReaders = [new HistoryReader(_feed.Copy), new HistoryReader(_feed.Copy)];
    }

    private void Note(string what) => _events.Add(what);
}
