using ActorDcp.Client;
using ActorDcp.Group;

namespace ActorDcp.Mitigation;

/// <summary>Whether a bucket ever has anything on disk: on an Ephemeral one rollback mitigation would hold everything for ever (dcp-reference.md 4.7).</summary>
internal static class BucketPersistence
{
    private const string BucketType = "ep_bucket_type";
    private const string Ephemeral = "ephemeral";

    /// <exception cref="GroupConflictException">It has not.</exception>
    /// <exception cref="KvConnectionException">No data node answers.</exception>
    public static async Task RequireAsync(
        string bucket, IReadOnlyList<KvEndpoint> nodes, Func<KvEndpoint, CancellationToken, Task<KvConnection>> connect,
        CancellationToken cancellationToken)
    {
        if (await AnyNode.AskAsync(nodes, connect, TypeAsync, cancellationToken).ConfigureAwait(false) == Ephemeral)
        {
            throw new GroupConflictException(
                $"ActorDcp:Stream:RollbackMitigationInterval: bucket {bucket} is Ephemeral, where nothing is ever on disk and so nothing would be delivered: remove it");
        }
    }

    private static async Task<string> TypeAsync(KvConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            var statistics = await connection.GetStatisticsAsync("", cancellationToken).ConfigureAwait(false);
            return statistics.GetValueOrDefault(BucketType, "");
        }
        catch (KvConfigurationException)
        {
            // a user that may not read statistics: the wait itself will be told of, if there is one
            return "";
        }
    }
}
