namespace ActorDcp.Host.Bench;

/// <summary>An embedded producer as a process of its own, on a free port. Ends when disposed.</summary>
internal sealed class BenchProducer : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private BenchProducer(ChildProcess process, int port)
    {
        _process = process;
        Port = port;
    }

    /// <summary>For KV and DCP.</summary>
    public int Port { get; }

    /// <summary>Starts one and waits until it serves.</summary>
    /// <param name="limit">How long it may take, what it loads included.</param>
    /// <param name="vbuckets">Of its bucket.</param>
    /// <param name="more">More words for the verb <c>producer</c>.</param>
    /// <param name="stopping">Gives up.</param>
    public static async Task<BenchProducer> StartAsync(TimeSpan limit, int vbuckets, IReadOnlyList<string> more, CancellationToken stopping)
    {
        var process = HostProgram.Start(["producer", "--port", "0", "--vbuckets", Laboratory.Text(vbuckets), .. more]);
        try
        {
            var ready = await Laboratory.WithinAsync(
                limit, process.ReadLineAsync, $"the producer ({string.Join(' ', more)}) did not serve", stopping).ConfigureAwait(false);
            return new BenchProducer(process, ready.GetProperty("ports").GetProperty("kv")[0].GetInt32());
        }
        catch
        {
            await process.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts one that writes at the pace that is asked for, and waits until it serves.</summary>
    public static Task<BenchProducer> StartWritingAsync(TimeSpan limit, int vbuckets, BenchArguments arguments, CancellationToken stopping) => StartAsync(
        limit, vbuckets, ["--rate", Laboratory.Text(arguments.Pace), "--value-size", Laboratory.Text(arguments.ValueSize)], stopping);

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
