using System.Text.Json.Serialization;

namespace ActorDcp.Hosting.Http;

/// <summary>A group as <c>GET /api/v1/groups/{g}/status</c> shows it; the property names are the contract. <c>Complete</c> is false while something is on the move or a member has not answered.</summary>
internal sealed record GroupStatus(
    string Group,
    string Bucket,
    [property: JsonPropertyName("bucket_uuid")] string BucketUuid,
    bool Complete,
    IReadOnlyList<MemberStatus> Members,
    IReadOnlyList<NodeStatus> Nodes,
    [property: JsonPropertyName("vbuckets")] IReadOnlyList<VBucketStatus> VBuckets);

/// <summary>One cluster member and how many vbuckets it runs.</summary>
internal sealed record MemberStatus(
    string Member,
    string Address,
    string State,
    [property: JsonPropertyName("vbuckets")] int VBuckets);

/// <summary>
/// One data node, summed over members; sizes in bytes. The failure is the last refusal or loss that any member met there, also where
/// all is well again; null where there was none.
/// </summary>
internal sealed record NodeStatus(
    string Node,
    int Connections,
    long Window,
    long Unacknowledged,
    long Parked,
    long Pinned,
    string? Failure = null,
    [property: JsonPropertyName("failed_at")] DateTimeOffset? FailedAt = null);

/// <summary>
/// One vbucket. The member is null while nobody runs it, the node while it streams from none; the reason says why it is in its
/// state where that needs saying; the uuid is sixteen hexadecimal digits.
/// </summary>
internal sealed record VBucketStatus(
    int Vb,
    string? Member,
    string State,
    string? Reason,
    long Epoch,
    [property: JsonPropertyName("vbuuid")] string VbUuid,
    ulong High,
    ulong Received,
    ulong Handled,
    ulong Checkpointed,
    [property: JsonPropertyName("last_progress")] DateTimeOffset? LastProgress,
    string? Node);
