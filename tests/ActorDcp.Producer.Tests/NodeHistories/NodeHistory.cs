using System.Text;
using ActorDcp.Producer.Buckets;

namespace ActorDcp.Producer.Tests.NodeHistories;

/// <summary>Random writes, deletes, expiries, purges, failovers, restarts and crashes of a producer with a folder, beside a model of each vbucket.</summary>
internal sealed class NodeHistory(int seed, string directory, int? faultAt = null) : IAsyncDisposable
{
    private const int VBuckets = 3;
    private const int Keys = 40;
    private const int StepsBetweenLooks = 50;
    private const int MostLost = 30;
    private readonly Random _random = new(seed);
    private readonly ManualClock _clock = new();
    private readonly NodeModel[] _models = [.. Enumerable.Range(0, VBuckets).Select(_ => new NodeModel())];
    private readonly ulong[] _rewindFloors = new ulong[VBuckets];
    private EmbeddedProducer? _producer;
    private int _step;

    private Bucket Bucket => _producer!.Bucket;

    private uint Now => (uint)_clock.GetUtcNow().ToUnixTimeSeconds();

    public async Task RunAsync(int steps)
    {
        _producer = await StartAsync();
        for (_step = 1; _step <= steps; _step++)
        {
            await StepAsync(_random.Next(VBuckets));
            if (_step == faultAt)
                Bucket.Find(new VBucketId(0)).LoseNewest(1);
            if (_step % StepsBetweenLooks == 0)
                Check();
        }
        await RestartAsync(clean: true);
    }

    public async ValueTask DisposeAsync()
    {
        if (_producer is not null)
            await _producer.CrashAsync();
    }

    private async Task StepAsync(int vbucket)
    {
        switch (_random.Next(1_000))
        {
            case < 650:
                Write(vbucket);
                break;
            case < 850:
                Delete(vbucket);
                break;
            case < 900:
                _clock.Advance(TimeSpan.FromSeconds(_random.Next(1, 10)));
                break;
            case < 920:
                Assert.Equal(_models.Sum(model => model.Expire(Now)), Bucket.RunExpiryPager());
                break;
            case < 940:
                Purge(vbucket);
                break;
            case < 960:
                FailOver(vbucket);
                break;
            case < 980:
                _producer!.ExpelCheckpoints(new VBucketId((ushort)vbucket));
                break;
            case < 990:
                await Bucket.FlushAsync();
                break;
            case < 993:
                await RestartAsync(clean: true);
                break;
            case < 996:
                await RestartAsync(clean: false);
                break;
            default:
                break;
        }
    }

    private void Write(int vbucket)
    {
        var (key, value) = ($"k{_random.Next(Keys)}", $"v{_step}");
        var seconds = _random.Next(5) == 0 ? (uint)_random.Next(1, 30) : 0;
        Bucket.Set(new VBucketId((ushort)vbucket), key, Encoding.UTF8.GetBytes(value), expiry: seconds);
        _models[vbucket].Set(key, value, seconds == 0 ? 0 : Now + seconds, Now);
    }

    private void Delete(int vbucket)
    {
        var key = $"k{_random.Next(Keys)}";
        var deleted = Bucket.Delete(new VBucketId((ushort)vbucket), key) is not null;
        Assert.Equal(_models[vbucket].Delete(key, Now), deleted);
    }

    private void Purge(int vbucket)
    {
        var through = (ulong)_random.NextInt64((long)_models[vbucket].HighSeqno + 1);
        var purged = _producer!.PurgeTombstones(new VBucketId((ushort)vbucket), new Seqno(through));
        Assert.Equal(_models[vbucket].Purge(through), purged);
    }

    private void FailOver(int vbucket)
    {
        var model = _models[vbucket];
        var lowest = Math.Max(_rewindFloors[vbucket], model.HighSeqno - Math.Min(model.HighSeqno, MostLost));
        var seqno = (ulong)_random.NextInt64((long)lowest, (long)model.HighSeqno + 1);
        _producer!.Failover(new VBucketId((ushort)vbucket), new Seqno(seqno));
        model.Truncate(seqno);
        model.Branch(seqno);
    }

    private async Task RestartAsync(bool clean)
    {
        Check();
        var persisted = Enumerable.Range(0, VBuckets).Select(vbucket => Bucket.PersistedSeqno(new VBucketId((ushort)vbucket)).Value).ToArray();
        if (clean)
            await _producer!.DisposeAsync();
        else
            await _producer!.CrashAsync();
        _producer = await StartAsync();
        for (var vbucket = 0; vbucket < VBuckets; vbucket++)
        {
            var high = Bucket.HighSeqno(new VBucketId((ushort)vbucket)).Value;
            Assert.InRange(high, clean ? _models[vbucket].HighSeqno : persisted[vbucket], _models[vbucket].HighSeqno);
            _models[vbucket].Truncate(high);
            if (!clean)
                _models[vbucket].Branch(high);
            _rewindFloors[vbucket] = high;
        }
        Check();
    }

    private void Check()
    {
        for (var vbucket = 0; vbucket < VBuckets; vbucket++)
        {
            var id = new VBucketId((ushort)vbucket);
            var model = _models[vbucket];
            Assert.True(model.HighSeqno == Bucket.HighSeqno(id).Value, $"seed {seed}, step {_step}: vbucket {id} is at {Bucket.HighSeqno(id)}, not {model.HighSeqno}");
            Assert.Equal(model.Describe(), Bucket.Documents(id).Select(Describe));
            Assert.Equal(model.Branches, Bucket.FailoverLog(id).Entries.Select(entry => entry.Seqno.Value));
        }
    }

    private static string Describe(RecordedChange change) =>
        $"{change.Seqno} {change.Type} {change.KeyText} {Encoding.UTF8.GetString(change.Value.Span)} {change.Expiry}";

    private Task<EmbeddedProducer> StartAsync() => EmbeddedProducer.StartAsync(new EmbeddedProducerOptions
    {
        VBuckets = VBuckets,
        DataDirectory = directory,
        CheckpointMaxItems = 100,
        ExpiryPagerInterval = TimeSpan.FromDays(1),
        TimeProvider = _clock,
    });
}
