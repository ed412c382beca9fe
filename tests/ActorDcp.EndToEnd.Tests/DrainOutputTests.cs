using System.Globalization;
using System.Text.Json;
using ActorDcp.Producer;

namespace ActorDcp.EndToEnd.Tests;

/// <summary>What <c>drain</c> puts on standard output and on standard error, as a process.</summary>
public sealed class DrainOutputTests
{
    private static readonly VBucketId VBucket = new(1);

    [Fact]
    public async Task Until_never_goes_on_with_what_comes_and_ends_with_ctrl_c()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(2));
        producer.Bucket.Set(VBucket, "before", "{}"u8);
        await using var drain = HostProcess.Start(Drain(producer, "--until", "never"));
        await KeysAsync(drain, "before");

        // the connection may be lost meanwhile: who never ends connects again
        producer.DropConnections();
        producer.Bucket.Set(VBucket, "after", "{}"u8);
        await KeysAsync(drain, "before", "after");
        Assert.False(drain.HasExited);
        await drain.SignalAsync("INT");

        Assert.Equal(130, await drain.WaitForExitAsync());
        Assert.Equal(["before", "after"], Keys(drain.Output));
    }

    [Fact]
    public async Task Verbose_tells_on_standard_error_what_happens_to_connections_and_changes_nothing_of_the_output()
    {
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(2));
        producer.Bucket.Set(VBucket, "k", "{}"u8);

        var quiet = await HostProcess.RunAsync(Drain(producer, "--until", "now"));
        var verbose = await HostProcess.RunAsync(Drain(producer, "--until", "now", "--verbose"));

        Assert.Equal((0, ""), (quiet.ExitCode, quiet.Error));
        Assert.Equal((0, quiet.Output), (verbose.ExitCode, verbose.Output));
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"Connected to 127.0.0.1:{producer.Endpoint.Port} as "), verbose.Error, StringComparison.Ordinal);
    }

    private static string[] Drain(EmbeddedProducer producer, params string[] more) =>
    [
        "drain", "--connection", string.Create(CultureInfo.InvariantCulture, $"couchbase://127.0.0.1:{producer.Endpoint.Port}"),
        "--user", "Administrator", "--password", EmbeddedProducerOptions.DefaultPassword, "--bucket", "default", .. more,
    ];

    private static Task KeysAsync(HostProcess drain, params string[] expected) =>
        Eventually.TrueAsync(() => Keys(drain.Output).SequenceEqual(expected), () => drain.Output + drain.Error);

    private static List<string> Keys(string output)
    {
        var whole = output[..(output.LastIndexOf('\n') + 1)];
        return [.. whole.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("type").GetString() == "mutation").Select(line => line.GetProperty("key").GetString()!)];
    }
}
