using System.Text.Json;

namespace ActorDcp.Host.Tests;

/// <summary>The measurements are taken, each from the processes that it names. What comes out is not judged here: machines differ.</summary>
public sealed class BenchTests
{
    [Fact]
    public async Task Every_measure_is_printed_for_every_subject()
    {
        var result = await HostProcess.RunAsync(
            "bench", "--measure", "cost,pace,latency,isolation,memory", "--vbuckets", "8", "--events", "20000,60000", "--runs", "1",
            "--pace", "2000", "--writes-per-second", "500", "--warm", "2", "--watched", "1", "--minutes", "0.05", "--json");

        Assert.True(result.ExitCode == 0, result.Error);
        using var report = JsonDocument.Parse(result.Output);
        var root = report.RootElement;
        Assert.Equal(["reader", "drain", "member"], root.GetProperty("cost").EnumerateArray().Select(row => row.GetProperty("subject").GetString()));
        Assert.All(root.GetProperty("cost").EnumerateArray(), row => Assert.True(row.GetProperty("peak_rss_bytes").GetInt64() > 1024 * 1024));
        var member = root.GetProperty("cost")[2];
        Assert.True(Median(member, "allocated_bytes") > 0);
        Assert.True(Median(member, "seconds_to_ready") > 0);
        var pace = Assert.Single(root.GetProperty("pace").EnumerateArray());
        Assert.InRange(Median(pace, "events_per_second"), 1, 20_000);
        Assert.True(Median(pace, "member_cpu") > 0);
        var latency = Assert.Single(root.GetProperty("latency").EnumerateArray());
        Assert.InRange(Median(latency, "median_ms"), 0, Median(latency, "p99_ms"));
        Assert.InRange(Median(latency, "p99_ms"), 0, Median(latency, "most_ms"));
        var isolation = Assert.Single(root.GetProperty("isolation").EnumerateArray());
        Assert.True(Median(isolation, "beside_slow") > 0);
        // no byte is delivered that was not read
        Assert.True(Median(isolation, "read_over_delivered") >= 1);
        var memory = Assert.Single(root.GetProperty("memory").EnumerateArray());
        Assert.True(memory.GetProperty("events_per_second").GetDouble() > 0);
        Assert.All(memory.GetProperty("samples").EnumerateArray(), sample => Assert.True(sample.GetProperty("rss_bytes").GetInt64() > 1024 * 1024));
        Assert.Equal(30, memory.GetProperty("samples").GetArrayLength());
    }

    [Fact]
    public async Task Of_larger_values_there_are_as_many_as_make_the_same_bytes()
    {
        var result = await HostProcess.RunAsync(
            "bench", "--subjects", "reader,drain", "--vbuckets", "4", "--events", "2000,8000", "--value-size", "0,256,16384", "--runs", "1", "--json");

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("writing 2000 and 8000 events of 0 B", result.Error, StringComparison.Ordinal);
        Assert.Contains("writing 31 and 125 events of 16384 B", result.Error, StringComparison.Ordinal);
        using var report = JsonDocument.Parse(result.Output);
        var rows = report.RootElement.GetProperty("cost").EnumerateArray().ToList();
        Assert.Equal([0, 0, 256, 256, 16384, 16384], rows.Select(row => row.GetProperty("value_size").GetInt32()));
    }

    [Fact]
    public async Task Tables_are_markdown_and_progress_goes_to_the_error_stream()
    {
        var result = await HostProcess.RunAsync("bench", "--quick", "--subjects", "reader,drain", "--vbuckets", "4", "--events", "1000,2000", "--runs", "1");

        Assert.True(result.ExitCode == 0, result.Error);
        var lines = result.Output.Split('\n');
        Assert.Contains(lines, line => line.StartsWith("| 4 | 256 | reader | ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("| 4 | 256 | drain | ", StringComparison.Ordinal));
        Assert.Contains("run 1 of 1: drain done", result.Error, StringComparison.Ordinal);
    }

    private static double Median(JsonElement row, string name) => row.GetProperty(name).GetProperty("median").GetDouble();
}
