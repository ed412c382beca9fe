using System.Text.Json.Serialization;
using ActorDcp.Hosting.Http;

namespace ActorDcp.Host.Operate;

/// <summary>What <c>top</c> saw. Rates are changes handled a second since the look before, 0 at the first; lags are changes.</summary>
internal sealed record TopLook(
    string Group, string Bucket, bool Complete, double Rate, ulong Lag, IReadOnlyList<TopMember> Members, IReadOnlyList<TopNode> Nodes,
    [property: JsonPropertyName("vbuckets")] IReadOnlyList<TopVBucket> VBuckets)
{
    /// <summary>Compares two statuses. Of the vbuckets those first that do not stream, then those that are most behind, then the fastest.</summary>
    public static TopLook Of(GroupStatus status, GroupStatus? before, TimeSpan elapsed, int most)
    {
        var handled = before?.VBuckets.ToDictionary(row => row.Vb, row => row.Handled) ?? [];
        var vbuckets = status.VBuckets.Select(row => new TopVBucket(row.Vb, row.Member, row.State, row.Reason, RateOf(row), LagOf(row))).ToList();
        var byMember = vbuckets.ToLookup(row => row.Member);
        return new TopLook(
            status.Group, status.Bucket, status.Complete, vbuckets.Sum(row => row.Rate), Sum(vbuckets),
            [.. status.Members.Select(member => new TopMember(
                member.Member, member.State, member.VBuckets, byMember[member.Member].Sum(row => row.Rate), Sum(byMember[member.Member])))],
            [.. status.Nodes.Select(node => new TopNode(node.Node, node.Connections, node.Failure, node.FailedAt))],
            [.. vbuckets.OrderBy(row => row.State == "Streaming").ThenByDescending(row => row.Lag).ThenByDescending(row => row.Rate).ThenBy(row => row.Vb).Take(most)]);

        // a rewind goes back
        double RateOf(VBucketStatus row) => elapsed > TimeSpan.Zero && handled.TryGetValue(row.Vb, out var then) && row.Handled > then
            ? (row.Handled - then) / elapsed.TotalSeconds
            : 0;
    }

    private static ulong Sum(IEnumerable<TopVBucket> rows) => rows.Aggregate(0UL, (sum, row) => sum + row.Lag);

    private static ulong LagOf(VBucketStatus row) => row.High > row.Handled ? row.High - row.Handled : 0;
}

/// <summary>A member in <see cref="TopLook"/>.</summary>
internal sealed record TopMember(string Member, string State, [property: JsonPropertyName("vbuckets")] int VBuckets, double Rate, ulong Lag);

/// <summary>A data node in <see cref="TopLook"/>, with what last went wrong there.</summary>
internal sealed record TopNode(string Node, int Connections, string? Failure, [property: JsonPropertyName("failed_at")] DateTimeOffset? FailedAt);

/// <summary>A vbucket in <see cref="TopLook"/>.</summary>
internal sealed record TopVBucket(int Vb, string? Member, string State, string? Reason, double Rate, ulong Lag);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TopLook))]
internal sealed partial class TopJson : JsonSerializerContext;
