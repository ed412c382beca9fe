using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using ActorDcp.Persistence;
using LinqToDB.Data;

namespace ActorDcp.Group;

/// <summary>The durable identities of consumer groups.</summary>
internal sealed class GroupStore(PersistenceDatabase database)
{
    private const string Columns =
        "group_name, bucket_uuid, vbucket_count, shard_count, start_policy, filter_fingerprint, created_at, created_by";

    /// <summary>The group of a name; null when it never started.</summary>
    /// <exception cref="PersistenceUnavailableException">The database does not answer.</exception>
    public Task<RegisteredGroup?> FindAsync(string group, CancellationToken cancellationToken) =>
        database.RunAsync("reading the group", (connection, cancel) => FindAsync(connection, group, cancel), cancellationToken);

    /// <summary>
    /// Makes a group durable with its start pins in one transaction, or compares with what is durable already: an existing group
    /// is never pinned again.
    /// </summary>
    /// <param name="identity">What the group is.</param>
    /// <param name="member">Who registers it.</param>
    /// <param name="pins">One for each vbucket, or none at all for a group that reads from the beginning.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">Pins for some vbuckets only.</exception>
    /// <exception cref="PersistenceUnavailableException">The database does not answer.</exception>
    public Task<GroupRegistration> RegisterAsync(
        GroupIdentity identity, string member, IReadOnlyCollection<StartPin> pins, CancellationToken cancellationToken)
    {
        var pinned = pins.Select(pin => (int)pin.VBucket.Value).ToHashSet();
        if (pins.Count > 0 && (pinned.Count != pins.Count || !pinned.SetEquals(Enumerable.Range(0, identity.VBucketCount))))
            throw new ArgumentException(
                $"{pins.Count} start pins for {identity.VBucketCount} vbuckets: all of them are pinned in one pass, or none", nameof(pins));
        // the columns hold microseconds
        var created = new RegisteredGroup(
            identity, DateTimeOffset.UnixEpoch.AddMicroseconds(Microseconds(database.Now)), member);
        return database.RunAsync(
            "registering the group", (connection, cancel) => RegisterAsync(connection, created, pins, cancel), cancellationToken);
    }

    /// <summary>
    /// Removes all that is durable of a group: its identity, its positions, and its vbuckets' facts in the journal, of whichever
    /// incarnation of the bucket. Its next start is its first. A member that still runs finds itself fenced.
    /// </summary>
    /// <returns>What was there; null when the group never started.</returns>
    /// <exception cref="PersistenceUnavailableException">The database does not answer.</exception>
    public Task<ForgottenGroup?> ForgetAsync(string group, bool dryRun, CancellationToken cancellationToken) =>
        database.RunAsync("forgetting the group", (connection, cancel) => GroupRemoval.RunAsync(connection, group, dryRun, cancel), cancellationToken);

    private static async Task<GroupRegistration> RegisterAsync(
        DataConnection connection, RegisteredGroup group, IReadOnlyCollection<StartPin> pins, CancellationToken cancellationToken)
    {
        // of two that register at once the second waits here for the first's commit
        var inserted = await connection.QueryToListAsync(
            reader => reader.GetString(0),
            $"INSERT INTO actordcp_groups ({Columns}) VALUES (@name, @bucket, @vbuckets, @shards, @start, @filter, @at, @by) ON CONFLICT (group_name) DO NOTHING RETURNING group_name",
            cancellationToken, ParametersOf(group)).ConfigureAwait(false);
        if (inserted.Count == 0)
        {
            var stored = await FindAsync(connection, group.Identity.Group, cancellationToken).ConfigureAwait(false)
                ?? throw new TimeoutException("the group was removed while it was being registered");
            var differences = Compare(stored.Identity, group.Identity);
            return differences.IsEmpty ? new GroupRegistration.Same(stored) : new GroupRegistration.Conflict(stored, differences);
        }
        await SqlOffsetStore.InsertPinsAsync(
            connection, new GroupKey(group.Identity.Group, group.Identity.BucketUuid), pins, group.CreatedAt, cancellationToken)
            .ConfigureAwait(false);
        return new GroupRegistration.Registered(group);
    }

    private static async Task<RegisteredGroup?> FindAsync(DataConnection connection, string group, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryToListAsync(
            ReadRow, $"SELECT {Columns} FROM actordcp_groups WHERE group_name = @name", cancellationToken,
            DataParameter.VarChar("name", group)).ConfigureAwait(false);
        return rows.SingleOrDefault();
    }

    private static ImmutableArray<GroupDifference> Compare(GroupIdentity stored, GroupIdentity given)
    {
        var differences = ImmutableArray.CreateBuilder<GroupDifference>();
        var anotherGroup = $"give this start a group name of its own, or have the stopped group forgotten by actordcp checkpoint reset --group {given.Group} --database CONNECTION_STRING";
        Differ("ActorDcp:Bucket (UUID)", stored.BucketUuid, given.BucketUuid,
            $"the bucket was recreated or is another one: {anotherGroup}");
        Differ("ActorDcp:Bucket (vbuckets)", Text(stored.VBucketCount), Text(given.VBucketCount),
            $"the bucket was recreated or is another one: {anotherGroup}");
        Differ("ActorDcp:Cluster:Shards", Text(stored.ShardCount), Text(given.ShardCount),
            "set it back: members that disagree would run a vbucket twice");
        Differ("ActorDcp:Stream", stored.FilterFingerprint, given.FilterFingerprint,
            $"what was filtered out so far would be missing silently: set it back, or {anotherGroup}");
        return differences.ToImmutable();

        void Differ(string key, string was, string now, string mend)
        {
            if (was != now)
                differences.Add(new GroupDifference(key, was.Length == 0 ? "(nothing)" : was, now.Length == 0 ? "(nothing)" : now, mend));
        }

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    private static DataParameter[] ParametersOf(RegisteredGroup group) =>
    [
        DataParameter.VarChar("name", group.Identity.Group),
        DataParameter.VarChar("bucket", group.Identity.BucketUuid),
        DataParameter.Int64("vbuckets", group.Identity.VBucketCount),
        DataParameter.Int64("shards", group.Identity.ShardCount),
        DataParameter.VarChar("start", group.Identity.StartPolicy),
        DataParameter.VarChar("filter", group.Identity.FilterFingerprint),
        DataParameter.Int64("at", Microseconds(group.CreatedAt)),
        DataParameter.VarChar("by", group.CreatedBy),
    ];

    private static RegisteredGroup ReadRow(DbDataReader reader) => new(
        new GroupIdentity(
            reader.GetString(0), reader.GetString(1), reader.GetInt32(2), reader.GetInt32(3), reader.GetString(4), reader.GetString(5)),
        DateTimeOffset.UnixEpoch.AddMicroseconds(reader.GetInt64(6)),
        reader.GetString(7));

    private static long Microseconds(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
