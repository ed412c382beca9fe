using System.Globalization;
using System.Text.Json;
using ActorDcp.Fuzz.Model;

namespace ActorDcp.Fuzz.Tests;

/// <summary>A short run of what <c>ActorDcp.Fuzz model</c> runs for long, and what makes the model worth believing.</summary>
public sealed class ModelTests
{
    private const int Runs = 3_000;

    [Fact]
    public void No_change_is_lost_and_no_request_is_illegal_over_random_histories()
    {
        var rollbacks = new Dictionary<RollbackReason, int>();
        for (var seed = 1; seed <= Runs; seed++)
        {
            using var run = new ModelRun(seed, PlantedFault.None);
            Assert.True(run.Go(), $"seed {seed}: {run.Failure}");
            foreach (var (reason, count) in run.Consumer.Rollbacks)
                rollbacks[reason] = rollbacks.GetValueOrDefault(reason) + count;
        }
        // the histories reach what they are meant to
        Assert.True(rollbacks.GetValueOrDefault(RollbackReason.Branch) > Runs / 10, "branches");
        Assert.True(rollbacks.GetValueOrDefault(RollbackReason.Purge) > Runs / 100, "purges");
        Assert.True(rollbacks.GetValueOrDefault(RollbackReason.SeqnoFromFuture) > Runs / 100, "silent losses");
    }

    public static TheoryData<string> Faults => new(Enum.GetValues<PlantedFault>().Where(fault => fault != PlantedFault.None).Select(fault => fault.ToString()));

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_planted_fault_is_found(string fault) => Assert.Contains(Enumerable.Range(1, Runs), seed =>
    {
        using var run = new ModelRun(seed, Enum.Parse<PlantedFault>(fault));
        return !run.Go();
    });

    [Fact]
    public void The_model_answers_as_the_recorded_server_did()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "captures", "rollback-decisions.json")));
        var root = document.RootElement;
        var vbuckets = root.GetProperty("vbuckets").EnumerateObject().ToDictionary(
            each => int.Parse(each.Name, CultureInfo.InvariantCulture),
            each => new ModelVBucket(
                each.Value.GetProperty("failover_log").EnumerateArray().Select(entry => (Hex(entry.GetProperty("uuid")), entry.GetProperty("seqno").GetUInt64())),
                each.Value.GetProperty("high_seqno").GetUInt64(), each.Value.GetProperty("purge_seqno").GetUInt64()));
        var compared = 0;
        foreach (var (vbucket, request, status, rollback) in Requests(root))
        {
            // end = start in all of them
            var answer = vbuckets[vbucket].Answer(request, end: request.Start);
            Assert.Equal((vbucket, request, status, rollback ?? 0), (vbucket, request, answer.Status, answer.RollbackTo));
            compared++;
        }
        Assert.True(compared > 480, $"{compared} compared");
    }

    private static IEnumerable<(int VBucket, ModelRequest Request, int Status, ulong? Rollback)> Requests(JsonElement root)
    {
        foreach (var vector in root.GetProperty("vectors").EnumerateArray())
        {
            var value = vector.GetProperty("value").GetString()!;
            // 7.6.11 does not know the key (dcp-reference.md 10)
            if (value.Contains("purge_seqno", StringComparison.Ordinal))
                continue;
            yield return (
                vector.GetProperty("vb").GetInt32(),
                new ModelRequest(
                    vector.GetProperty("start").GetUInt64(), Hex(vector.GetProperty("uuid")), vector.GetProperty("snapStart").GetUInt64(),
                    vector.GetProperty("snapEnd").GetUInt64(), vector.GetProperty("flags").GetUInt32(),
                    value.Contains("\"8\"", StringComparison.Ordinal) ? 250 : value.Contains("\"9\"", StringComparison.Ordinal) ? 350 : null),
                vector.GetProperty("status").GetInt32(), Optional(vector.GetProperty("rollback")));
        }
        foreach (var row in root.GetProperty("grid").EnumerateArray())
            yield return (
                row[0].GetInt32(), new ModelRequest(row[1].GetUInt64(), Hex(row[2]), row[3].GetUInt64(), row[4].GetUInt64(), row[5].GetUInt32()),
                row[6].GetInt32(), Optional(row[7]));
    }

    private static ulong Hex(JsonElement element) => ulong.Parse(element.GetString()!, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static ulong? Optional(JsonElement element) => element.ValueKind == JsonValueKind.Null ? null : element.GetUInt64();
}
