using System.Text.Json.Serialization;

namespace ActorDcp.Hosting.Http;

/// <summary>Every answer that is no success.</summary>
internal sealed record ApiError(string Error, string Mend);

/// <summary>The answer to <c>GET /api/v1/groups</c>.</summary>
internal sealed record GroupNamesAnswer(IReadOnlyCollection<string> Groups);

/// <summary>The answer to an operation that was accepted: how many vbuckets it concerns, and how many changes will be delivered again at most.</summary>
internal sealed record OperationAccepted(
    string Operation,
    [property: JsonPropertyName("vbuckets")] int VBuckets,
    long Redelivered,
    [property: JsonPropertyName("dry_run")] bool DryRun);

/// <summary>The body of a rewind.</summary>
internal sealed record RewindRequest(
    string? To,
    ulong? Seqno,
    [property: JsonPropertyName("dry_run")] bool DryRun);

/// <summary>The answer of the health calls.</summary>
internal sealed record HealthAnswer(string Status, IReadOnlyList<HealthEntry> Checks);

/// <summary>What one check saw.</summary>
internal sealed record HealthEntry(string Name, string Status, string? Description, IReadOnlyDictionary<string, string>? Findings);
