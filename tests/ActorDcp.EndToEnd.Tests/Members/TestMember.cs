using System.Diagnostics.Metrics;
using System.Globalization;
using ActorDcp.Hosting;
using ActorDcp.Hosting.Http;
using ActorDcp.Hosting.Runtime;
using ActorDcp.Producer;
using ActorDcp.Tests.Streams;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ActorDcp.EndToEnd.Tests.Members;

/// <summary>One member of a group in this process: a real host, a cluster of one, SQLite in a folder of the test's.</summary>
internal sealed class TestMember : IAsyncDisposable
{
    private readonly IHost _host;

    private TestMember(IHost host, MeterSums metrics)
    {
        _host = host;
        Metrics = metrics;
    }

    /// <summary>What its instruments were told since it started.</summary>
    public MeterSums Metrics { get; }

    public T Service<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    public IGroupStatusSource Group => Service<IGroupDirectory>().Find("test")!;

    public static Task<TestMember> StartAsync(
        EmbeddedProducer producer, string folder, Action<ActorDcpBuilder>? handler = null, params (string Key, string Value)[] settings) =>
        StartAsync(producer.ConnectionString, folder, handler, settings);

    public static async Task<TestMember> StartAsync(
        string connection, string folder, Action<ActorDcpBuilder>? handler = null, params (string Key, string Value)[] settings)
    {
        var configuration = new Dictionary<string, string?>
        {
            ["ActorDcp:Group"] = "test",
            ["ActorDcp:Connection"] = connection,
            ["ActorDcp:User"] = "Administrator",
            ["ActorDcp:Password"] = EmbeddedProducerOptions.DefaultPassword,
            ["ActorDcp:Bucket"] = "default",
            ["ActorDcp:Checkpoint:Interval"] = "500ms",
            ["ActorDcp:Persistence:ConnectionString"] = $"Data Source={Path.Combine(folder, "test.db")}",
            ["ActorDcp:Http:Port"] = "0",
        };
        foreach (var (key, value) in settings)
            configuration[key] = value;
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(configuration);
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddConsole();
        var actorDcp = builder.Services.AddActorDcp(builder.Configuration.GetSection("ActorDcp"));
        handler?.Invoke(actorDcp);
        var host = builder.Build();
        var metrics = new MeterSums(host.Services.GetRequiredService<IMeterFactory>());
        await host.StartAsync();
        await host.Services.GetRequiredService<MemberState>().WhenRunning.WaitAsync(TimeSpan.FromSeconds(60));
        return new TestMember(host, metrics);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        _host.Dispose();
        Metrics.Dispose();
    }

    /// <summary>Waits until every vbucket's handled position is the producer's high seqno.</summary>
    public async Task CaughtUpAsync(EmbeddedProducer producer)
    {
        var expected = Enumerable.Range(0, producer.Bucket.VBucketCount).Select(vb => producer.Bucket.HighSeqno(VBucketId.From(vb)).Value).ToArray();
        GroupStatus? last = null;
        await Eventually.TrueAsync(
            async () =>
            {
                last = await Group.GetStatusAsync(CancellationToken.None);
                return last.Complete && last.VBuckets.All(row => row.Handled >= expected[row.Vb]);
            },
            () => last is null ? "no status" : string.Join("; ", last.VBuckets.Where(row => row.Handled < expected[row.Vb]).Take(10).Select(row =>
                string.Create(CultureInfo.InvariantCulture, $"vb {row.Vb} {row.State} {row.Reason} handled {row.Handled} of {expected[row.Vb]}"))));
    }
}
