using ActorDcp.Group;
using ActorDcp.Persistence;

namespace ActorDcp.Hosting.Runtime;

/// <summary>
/// Tells from the database whether the group runs anywhere: every member that has vbuckets writes at least one row a checkpoint
/// interval. Needs no agreement of clocks, for it looks for change.
/// </summary>
internal sealed class GroupPulse(string group, GroupStore groups, IOffsetStore offsets, TimeSpan checkpointInterval, TimeProvider time)
{
    private static readonly TimeSpan LeastQuiet = TimeSpan.FromSeconds(10);

    /// <summary>Silence after which nobody runs the group: several writes have failed to come.</summary>
    private readonly TimeSpan _quiet = checkpointInterval * 6 > LeastQuiet ? checkpointInterval * 6 : LeastQuiet;

    /// <summary>Returns once nothing of the group was written for so long that nobody can be running it.</summary>
    public async Task WhenSilentAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_quiet / 6, time);
        DateTimeOffset? last = null;
        var since = time.GetTimestamp();
        while (time.GetElapsedTime(since) < _quiet)
        {
            try
            {
                var newest = await NewestAsync(cancellationToken).ConfigureAwait(false);
                if (newest != last)
                    since = time.GetTimestamp();
                last = newest;
            }
            catch (PersistenceUnavailableException)
            {
                // what cannot be read is not silence
                since = time.GetTimestamp();
            }
            await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<DateTimeOffset?> NewestAsync(CancellationToken cancellationToken)
    {
        if (await groups.FindAsync(group, cancellationToken).ConfigureAwait(false) is not { } registered)
            return null;
        var rows = await offsets.ReadAllAsync(new GroupKey(group, registered.Identity.BucketUuid), cancellationToken).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows.Max(row => row.UpdatedAt);
    }
}
