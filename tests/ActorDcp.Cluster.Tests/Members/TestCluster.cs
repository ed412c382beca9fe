using System.Globalization;
using ActorDcp.Cluster.Tests.Network;
using ActorDcp.Hosting.Http;
using ActorDcp.Producer;
using ActorDcp.Producer.Buckets;

namespace ActorDcp.Cluster.Tests.Members;

/// <summary>
/// A group of <c>serve</c> processes on one database, over a producer under writes, with a relay before each member and between each
/// member and the database. What happened is told from outside: the lines of all members, the producer's history and the clock.
/// </summary>
internal sealed class TestCluster : IAsyncDisposable
{
    /// <summary>Patience on a machine that many share.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    /// <summary>Of the members, unless a test says otherwise.</summary>
    public static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(1);

    /// <summary>The interval's jitter, and what saving takes while all processes share a few cores.</summary>
    private static readonly TimeSpan CheckpointSlack = TimeSpan.FromSeconds(3);

    private readonly TestFolder _folder = new();
    private readonly Dictionary<string, string> _settings;
    private readonly List<MemberProcess> _all = [];
    private readonly List<Relay> _databases = [];
    private readonly HashSet<int> _lost = [];
    private readonly string? _connectionString;
    private readonly int _databasePort;
    private string? _file;

    private TestCluster(EmbeddedProducer producer, TestClusterOptions options)
    {
        Producer = producer;
        Options = options;
        Network = new MemberNetwork(options.Members);
        _settings = options.Settings.ToDictionary(setting => setting.Key, setting => setting.Value);
        _connectionString = options.Database;
        if (_connectionString is not null)
        {
            _databasePort = new Npgsql.NpgsqlConnectionStringBuilder(_connectionString).Port;
            for (var i = 0; i < options.Members; i++)
                _databases.Add(new Relay(_databasePort));
        }
        Writer = new Writer(producer, options.WritesPerSecond);
    }

    public TestClusterOptions Options { get; }

    public EmbeddedProducer Producer { get; }

    public Writer Writer { get; }

    public MemberNetwork Network { get; }

    /// <summary>All that were ever started.</summary>
    public IReadOnlyList<MemberProcess> All => _all;

    /// <summary>Those that run.</summary>
    public IReadOnlyList<MemberProcess> Running => [.. _all.Where(member => !member.HasExited)];

    public static async Task<TestCluster> StartAsync(TestClusterOptions options)
    {
        var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(options.VBuckets).Nodes(options.Nodes).Replicas(options.Replicas).KeepHistory());
        var cluster = new TestCluster(producer, options);
        try
        {
            for (var i = 0; i < options.StartedMembers; i++)
                cluster.Start(i);
            foreach (var member in cluster._all)
                await member.ReadyAsync();
            if (options.StartedMembers > 0)
                await cluster.EvenAsync();
        }
        catch
        {
            // its processes would outlive the test
            await cluster.DisposeAsync();
            throw;
        }
        return cluster;
    }

    /// <summary>Addresses of the first members, as many as there are, as a member is told them.</summary>
    public string Seeds => string.Join(',', Enumerable.Range(0, Math.Min(Options.Seeds, Options.Members)).Select(seed => $"127.0.0.1:{AddressOf(seed)}"));

    /// <summary>What stands between a member and the database.</summary>
    public Relay DatabaseOf(int member) => _databases[member];

    /// <summary>Starts a member; it is not ready yet.</summary>
    public MemberProcess Start(int index, params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string>(_settings);
        foreach (var (key, value) in settings)
            all[key] = value;
        // said empty: as if never said
        foreach (var (key, _) in settings.Where(setting => setting.Value.Length == 0 && setting.Key != "Cluster:Seeds"))
            all.Remove(key);
        all.TryAdd("Checkpoint:Interval", string.Create(CultureInfo.InvariantCulture, $"{CheckpointInterval.TotalMilliseconds}ms"));
        all.TryAdd("Cluster:Seeds", Seeds);
        all.TryAdd("Cluster:Port", AddressOf(index).ToString(CultureInfo.InvariantCulture));
        if (Options.UsesRelays)
            all.TryAdd("Cluster:BindPort", Network.BindPortOf(index).ToString(CultureInfo.InvariantCulture));
        all.TryAdd("Handler:Path", _folder.File("lines-{member}.jsonl"));
        all.TryAdd("Connection", Producer.ConnectionString);
        all.TryAdd("Group", Options.Group);
        if (_connectionString is not null)
        {
            all["Persistence:Provider"] = "postgresql";
            all["Persistence:ConnectionString"] = ConnectionOf(index);
        }
        var member = new MemberProcess(index, Options.Group, Options.SharesFile ? StartFromFile(index, all) : ServeProcess.Start(Producer.Endpoint.Port, _folder, Pairs(all)));
        _all.Add(member);
        return member;
    }

    /// <summary>Starts all members: the first, which is the oldest then, and the others some at a time, since their starts share the processors.</summary>
    public async Task FormAsync(int starting, Func<int, (string Key, string Value)[]>? settings = null)
    {
        await StartAsync(0);
        foreach (var wave in Enumerable.Range(1, Options.Members - 1).Chunk(starting))
            await Task.WhenAll(wave.Select(StartAsync).ToList());

        Task StartAsync(int index) => Start(index, settings?.Invoke(index) ?? []).ReadyAsync();
    }

    /// <summary>Ends a member without a chance to drain; what it handled since its last checkpoint may come again.</summary>
    public async Task KillAsync(MemberProcess member)
    {
        MayRepeatAfter(member);
        await member.KillAsync();
    }

    /// <summary>From now on what a member handled since its last checkpoint may come again.</summary>
    public void MayRepeatAfter(MemberProcess member) => _lost.Add(member.Id);

    /// <summary>Waits until every vbucket streams, on these members and no others, and these share them evenly.</summary>
    public async Task<GroupStatus> EvenAsync(params MemberProcess[] members)
    {
        if (members.Length == 0)
            members = [.. Running];
        GroupStatus? last = null;
        await Eventually.TrueAsync(
            async () =>
            {
                foreach (var member in members)
                {
                    last = await member.StatusAsync();
                    if (last is null || !IsEven(last, members))
                        return false;
                }
                return true;
            },
            () => Describe(last) + LastWords(),
            Deadline, TimeSpan.FromMilliseconds(250));
        return last!;
    }

    /// <summary>Stops the writer and waits until the newest change of every vbucket was handled.</summary>
    public async Task<List<DeliveryLine>> SettleAsync()
    {
        await Writer.StopAsync();
        return await ServeProcess.LinesUpToAsync(Truth(), LineFiles);
    }

    /// <summary>What members wrote so far, in the order of handling.</summary>
    public List<DeliveryLine> Lines() => DeliveryLine.Read(LineFiles().Where(File.Exists));

    /// <summary>What is wrong with the deliveries; empty when nothing is.</summary>
    /// <param name="lines">All lines.</param>
    /// <param name="holdsFor">How much longer than a checkpoint interval a member may deliver while it cannot save.</param>
    /// <param name="rollbacks">Whether the producer may lose changes.</param>
    public IReadOnlyList<string> Verdict(IEnumerable<DeliveryLine> lines, TimeSpan holdsFor = default, bool rollbacks = false) => new DeliveryChecker
    {
        RollbacksAreWrong = !rollbacks,
        LateBatches = 1,
        RedeliverySpan = CheckpointInterval + CheckpointSlack + holdsFor,
        MayRepeatAfter = name => _all.Any(member => member.IsNamed(name) && _lost.Contains(member.Id)),
    }.Check(Truth(), lines);

    /// <summary>Fails with all that is wrong with the deliveries and what the members said last.</summary>
    /// <inheritdoc cref="Verdict"/>
    public void AssertRight(IEnumerable<DeliveryLine> lines, TimeSpan holdsFor = default, bool rollbacks = false)
    {
        var verdict = Verdict(lines, holdsFor, rollbacks);
        Assert.True(verdict.Count == 0, string.Join(Environment.NewLine, verdict) + LastWords());
    }

    /// <summary>All changes the producer had: the key of each seqno, by vbucket.</summary>
    public IReadOnlyDictionary<int, IReadOnlyDictionary<ulong, string>> Truth() => Enumerable.Range(0, Options.VBuckets).ToDictionary(
        vbucket => vbucket,
        IReadOnlyDictionary<ulong, string> (vbucket) => Producer.Bucket.History(VBucketId.From(vbucket)).ToDictionary(change => change.Seqno.Value, change => change.KeyText));

    /// <summary>Vbuckets by the process that runs them.</summary>
    public static ILookup<MemberProcess, VBucketStatus> Owners(GroupStatus status, IEnumerable<MemberProcess> members)
    {
        var list = members.ToList();
        return status.VBuckets.Where(row => list.Exists(member => member.IsNamed(row.Member))).ToLookup(row => list.Find(member => member.IsNamed(row.Member))!);
    }

    /// <summary>What each member warned of first; what its log says besides is no trouble.</summary>
    public string Complaints() => string.Join(Environment.NewLine, _all.Select(member => $"--- {member.Index} ({member.Id}){Environment.NewLine}{string.Join(Environment.NewLine, Complaints(member))}"));

    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        foreach (var member in _all)
            await member.DisposeAsync();
        await Network.DisposeAsync();
        foreach (var database in _databases)
            await database.DisposeAsync();
        await Producer.DisposeAsync();
        _folder.Dispose();
    }

    private string ConnectionOf(int index)
    {
        var connection = new Npgsql.NpgsqlConnectionStringBuilder(_connectionString) { Port = _databases[index].Port };
        // what tests take for themselves is not for members
        connection.Remove("Maximum Pool Size");
        if (Options.Pool > 0)
            connection.MaxPoolSize = Options.Pool;
        return connection.ToString();
    }

    private HostProcess StartFromFile(int index, Dictionary<string, string> all)
    {
        var own = all.Where(setting => setting.Key is "Cluster:Port" or "Cluster:BindPort").ToDictionary();
        // written by the first, read by all
        _file ??= ServeProcess.WriteFile(Producer.Endpoint.Port, _folder, Pairs(all.Except(own)));
        return index % 2 == 0
            ? ServeProcess.Start(_file, own)
            : ServeProcess.Start(_file, [], own.ToDictionary(setting => "ActorDcp__" + setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value));
    }

    private static (string, string)[] Pairs(IEnumerable<KeyValuePair<string, string>> settings) => [.. settings.Select(setting => (setting.Key, setting.Value))];

    private int AddressOf(int member) => Options.UsesRelays ? Network.PortOf(member) : Network.BindPortOf(member);

    private string[] LineFiles() => Directory.GetFiles(Path.GetDirectoryName(_folder.File("x"))!, "lines-*.jsonl");

    private bool IsEven(GroupStatus status, MemberProcess[] members)
    {
        if (!status.Complete || status.VBuckets.Count != Options.VBuckets || status.VBuckets.Any(row => row.State != "Streaming"))
            return false;
        var owners = Owners(status, members);
        var counts = members.Select(member => owners[member].Count()).ToList();
        return counts.Sum() == Options.VBuckets && counts.Max() - counts.Min() <= Options.LargestShard;
    }

    private static string Describe(GroupStatus? status) => status is null
        ? "no status"
        : $"complete {status.Complete}, {string.Join(", ", status.Members.Select(member => $"{member.Member} {member.State} {member.VBuckets}"))}; "
          + string.Join("; ", status.VBuckets.Where(row => row.State != "Streaming").Take(5).Select(row => $"vb {row.Vb} {row.Member} {row.State} {row.Reason}"));

    private string LastWords() =>
        string.Concat(_all.Select(member => $"{Environment.NewLine}--- {member.Index} ({member.Id}){Environment.NewLine}{Tail(member.Error)}"));

    private static IEnumerable<string> Complaints(MemberProcess member) => member.Error.Split('\n')
        .Where(line => line.Contains("ActorDcp.", StringComparison.Ordinal) && !line.StartsWith("info", StringComparison.Ordinal) && !line.Contains("HandOffStopper", StringComparison.Ordinal))
        .Take(25).Select(line => line.Length > 300 ? line[..300] : line);

    private static string Tail(string text) => text.Length > 3_000 ? text[^3_000..] : text;
}
