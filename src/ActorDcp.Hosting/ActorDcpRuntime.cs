using ActorDcp.Group;
using ActorDcp.Handlers;
using ActorDcp.Hosting.Runtime;
using ActorDcp.Persistence;
using ActorDcp.Telemetry;
using ActorDcp.Topology;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ActorDcp.Hosting;

/// <summary>
/// Starts the member's part in its group once the actor system stands, and tells the host when it runs or why it never can. Leaving
/// is the actor system's coordinated shutdown: shards hand their vbuckets over, which drains them.
/// </summary>
internal sealed partial class ActorDcpRuntime(
    IOptions<ActorDcpOptions> options, MemberState state, ActorSystem system, ActorDcpMetrics metrics, HandlerSetup handlers,
    OffsetStoreFactory offsets,
    TimeProvider time, ILoggerFactory logging, IHostApplicationLifetime lifetime) : IHostedService, IDisposable
{
    // within the phase of hocon/cluster.conf
    private static readonly TimeSpan HandOverLimit = TimeSpan.FromSeconds(14);
    private static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestPatience = TimeSpan.FromSeconds(30);

    private readonly ILogger _logger = logging.CreateLogger<ActorDcpRuntime>();
    private readonly CancellationTokenSource _stopping = new();
    private PersistenceDatabase? _database;
    private Task _run = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var checkedOptions = options.Value;
        LogConfigured(_logger, checkedOptions.Group, checkedOptions.Bucket);
        _run = RunAsync(checkedOptions, _stopping.Token);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _database?.Dispose();
    }

    private async Task RunAsync(ActorDcpOptions checkedOptions, CancellationToken cancellationToken)
    {
        try
        {
            var client = new ClientSetup(checkedOptions);
            var settings = GroupSetup.Settings(checkedOptions, client, state.Member);
            state.ClusterPort = Akka.Cluster.Cluster.Get(system).SelfAddress.Port;
            CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "actordcp-end", NoteEnd);
            _database = new PersistenceDatabase(
                PersistenceSetup.StoreOptions(checkedOptions), time, logging.CreateLogger<PersistenceDatabase>());
            // a member that cannot reach it would be no help to the others
            await PrepareDatabaseAsync(_database, cancellationToken).ConfigureAwait(false);
            var store = offsets(_database);
            var groups = new GroupStore(_database);
            var pulse = new GroupPulse(settings.Group, groups, store, settings.CheckpointInterval, time);
            var started = new TaskCompletionSource<GroupContext>(TaskCreationOptions.RunContinuationsAsynchronously);
            var parts = new GroupMemberParts
            {
                Settings = settings,
                Offsets = store,
                Groups = groups,
                Handler = handlers.Create(checkedOptions),
                ConnectMap = ClusterMapSources.Connector(client.Kv, time, logging.CreateLogger<KvClusterMapSource>()),
                Metrics = metrics,
                Time = time,
                Logging = logging,
                Join = () => JoinAsync(checkedOptions, pulse, cancellationToken),
                Started = started,
                Waiting = reason => state.Waiting = reason,
            };
            system.ActorOf(Props.Create(() => new GroupMemberActor(parts)), GroupMemberActor.NameOf(settings.Group));
            var group = await started.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseBeforeClusterShutdown, "actordcp-hand-over", () => HandOverAsync(group));
            state.Running(group);
            LogRunning(_logger, settings.Group, state.Member);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // stopping before it ran
        }
        catch (Exception cause) when (cause is not OutOfMemoryException)
        {
            state.Refused(cause);
            LogRefused(_logger, cause.Message);
            lifetime.StopApplication();
        }
    }

    private Task<Akka.Done> NoteEnd()
    {
        state.Group?.Leaving.Begin();
        if (CoordinatedShutdown.Get(system).ShutdownReason is CoordinatedShutdown.ClusterDowningReason)
        {
            state.WasRemoved = true;
            LogRemoved(_logger);
        }
        return Task.FromResult(Akka.Done.Instance);
    }

    private async Task<Akka.Done> HandOverAsync(GroupContext group)
    {
        if (!state.WasRemoved)
        {
            await HandOverBeforeLeaving.RunAsync(system, group, HandOverLimit).ConfigureAwait(false);
            group.Leaving.DrainHere(system, group.Region);
        }
        return Akka.Done.Instance;
    }

    /// <summary>Joins the cluster, however long its seeds stay away.</summary>
    private async Task JoinAsync(ActorDcpOptions checkedOptions, GroupPulse pulse, CancellationToken cancellationToken)
    {
        using var joined = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var joining = MemberAkka.JoinAsync(system, checkedOptions, othersOnly: state.Rejoins, cancellationToken);
        if (state.Rejoins)
            _ = FormWhenSilentAsync(checkedOptions, pulse, joined.Token);
        try
        {
            await JoinedAsync(joining, checkedOptions, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await joined.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>All members may have been removed at once: then the first seed forms the cluster anew, once nobody runs the group.</summary>
    private async Task FormWhenSilentAsync(ActorDcpOptions checkedOptions, GroupPulse pulse, CancellationToken cancellationToken)
    {
        try
        {
            await pulse.WhenSilentAsync(cancellationToken).ConfigureAwait(false);
            LogSilent(_logger, checkedOptions.Group);
            await MemberAkka.JoinAsync(system, checkedOptions, othersOnly: false, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // joined, or stopping
        }
        catch (Exception cause) when (cause is not OutOfMemoryException)
        {
            LogPulseFailed(_logger, cause.Message);
        }
    }

    private async Task JoinedAsync(Task joining, ActorDcpOptions checkedOptions, CancellationToken cancellationToken)
    {
        var seeds = string.Join(", ", checkedOptions.Cluster.Seeds);
        for (var patience = FirstPatience; ; patience = LongestPatience)
        {
            try
            {
                await joining.WaitAsync(patience, time, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (TimeoutException) when (!joining.IsFaulted)
            {
                // it may have joined in the moment in which the patience ended
                if (joining.IsCompleted)
                    continue;
                state.Waiting = $"no seed of ActorDcp:Cluster:Seeds ({seeds}) has answered yet";
                LogSeedsAway(_logger, seeds);
            }
        }
    }

    /// <summary>Creates the tables. A database that is away is waited for; one that cannot be used as configured stops the start.</summary>
    private async Task PrepareDatabaseAsync(PersistenceDatabase database, CancellationToken cancellationToken)
    {
        var schema = new PersistenceSchema(database, logging.CreateLogger<PersistenceSchema>());
        var retries = new RetrySchedule(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), StableAfter: TimeSpan.MaxValue);
        while (true)
        {
            try
            {
                await schema.EnsureAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (PersistenceUnavailableException cause)
            {
                state.Waiting = cause.Message;
                var delay = RetrySchedule.Fail(ref retries, time.GetUtcNow());
                LogDatabaseAway(_logger, cause.Message, delay.TotalSeconds);
                await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    [LoggerMessage(EventId = 4001, Level = LogLevel.Information, Message = "group {Group} on bucket {Bucket}: configuration is in order")]
    private static partial void LogConfigured(ILogger logger, string group, string bucket);

    [LoggerMessage(EventId = 4002, Level = LogLevel.Information, Message = "group {Group}: member {Member} takes part")]
    private static partial void LogRunning(ILogger logger, string group, string member);

    [LoggerMessage(EventId = 4003, Level = LogLevel.Critical, Message = "{Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);

    [LoggerMessage(EventId = 4004, Level = LogLevel.Warning, Message = "{Reason}; trying again in {Seconds:0.0} s")]
    private static partial void LogDatabaseAway(ILogger logger, string reason, double seconds);

    [LoggerMessage(EventId = 4006, Level = LogLevel.Error, Message = "this member was removed from the cluster, for it hung, was cut off or could not save; its vbuckets run elsewhere")]
    private static partial void LogRemoved(ILogger logger);

    [LoggerMessage(EventId = 4007, Level = LogLevel.Warning, Message = "nobody runs group {Group}: the first of the seeds forms the cluster anew")]
    private static partial void LogSilent(ILogger logger, string group);

    [LoggerMessage(EventId = 4008, Level = LogLevel.Warning, Message = "whether anybody runs the group cannot be told; joining others only: {Reason}")]
    private static partial void LogPulseFailed(ILogger logger, string reason);

    [LoggerMessage(EventId = 4005, Level = LogLevel.Warning, Message = "no seed of ActorDcp:Cluster:Seeds ({Seeds}) has answered yet; trying on")]
    private static partial void LogSeedsAway(ILogger logger, string seeds);
}
