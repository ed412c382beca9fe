using ActorDcp.Client;
using ActorDcp.Telemetry;
using ActorDcp.Topology;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Event;
using static ActorDcp.Mitigation.MitigationProtocol;

namespace ActorDcp.Mitigation;

/// <summary>
/// Asks one data node what it has on disk of the vbuckets that somebody waits for, over a connection of its own, and rests while nobody
/// does.
/// <code>
///          watch            connected, then each interval          none left
///   Idle ────────► Polling ────────────────────────────► Polling ────────────► Idle
/// </code>
/// </summary>
internal sealed class PersistencePollerActor : UntypedActor, IWithTimers
{
    private readonly KvEndpoint _node;
    private readonly MitigationSettings _settings;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<VBucketId, (VBucketUuid Ask, long Number)> _watched = [];
    private KvConnection? _connection;
    private RetrySchedule _retries;
    private bool _polling;

    public PersistencePollerActor(KvEndpoint node, MitigationSettings settings)
    {
        _node = node;
        _settings = settings;
        _retries = settings.Retries;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PostStop()
    {
        _stopping.Cancel();
        _stopping.Dispose();
        if (_connection is { } connection)
            _ = connection.DisposeAsync().AsTask();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Watch watch:
                _watched[watch.VBucket] = (watch.Uuid, watch.Number);
                if (!Timers.IsTimerActive(nameof(Poll)))
                    OnPoll();
                break;
            case Unwatch unwatch:
                if (_watched.TryGetValue(unwatch.VBucket, out var watched) && watched.Number == unwatch.Number)
                    _watched.Remove(unwatch.VBucket);
                break;
            case Poll: OnPoll(); break;
            case Answers answers: OnAnswers(answers); break;
            case Failed failed: OnFailed(failed.Cause); break;
            default: Unhandled(message); break;
        }
    }

    private void OnPoll()
    {
        if (_polling || _watched.Count == 0)
            return;
        _polling = true;
        var asked = _watched.Select(pair => new Question(pair.Key, pair.Value.Ask, pair.Value.Number)).ToArray();
        var connection = _connection is { Completion.IsCompleted: false } open ? open : null;
        var cancel = _stopping.Token;
        PollAsync().PipeTo(Self);

        async Task<object> PollAsync()
        {
            try
            {
                connection ??= await KvConnection.OpenAsync(_settings.Connection(_node), _settings.Time, _settings.Logger, cancel).ConfigureAwait(false);
                var answers = await Task.WhenAll(asked.Select(question => AskAsync(connection, question, cancel))).ConfigureAwait(false);
                cancel.ThrowIfCancellationRequested();
                return new Answers(connection, answers);
            }
            catch (Exception cause) when (cause is not OutOfMemoryException)
            {
                if (connection is not null)
                    await connection.DisposeAsync().ConfigureAwait(false);
                return new Failed(cause);
            }
        }
    }

    private static async Task<Answer> AskAsync(KvConnection connection, Question question, CancellationToken cancellationToken)
    {
        var result = await connection.ObserveSeqnoAsync(question.VBucket, question.Ask, cancellationToken).ConfigureAwait(false);
        // a branch that the node does not know: its newest one is asked about next
        var log = result is ObserveSeqnoResult.UnknownUuid
            ? await connection.GetFailoverLogAsync(question.VBucket, cancellationToken).ConfigureAwait(false)
            : null;
        return new Answer(question, result, log);
    }

    private void OnAnswers(Answers answers)
    {
        _polling = false;
        _connection = answers.Connection;
        ObserveSeqnoResult.Refused? refused = null;
        foreach (var (question, result, log) in answers.All)
        {
            switch (result)
            {
                case ObserveSeqnoResult.Observed { Seqnos: var seqnos }:
                    AskAbout(question, seqnos.Uuid);
                    Context.Parent.Tell(new Observed(_node, question.VBucket, question.Number, seqnos.Uuid, seqnos.LastPersistedSeqno));
                    break;
                case ObserveSeqnoResult.UnknownUuid when log is { IsEmpty: false }:
                    AskAbout(question, log.NewestUuid);
                    break;
                case ObserveSeqnoResult.NotMyVBucket:
                    _settings.Topology.Tell(new TopologyProtocol.Refresh());
                    break;
                case ObserveSeqnoResult.Refused refusal:
                    _settings.Metrics.Refused(_node.ToString(), refusal.Status);
                    refused = refusal;
                    break;
            }
        }
        var rest = refused is null ? TimeSpan.Zero : NextRetry(refused.Words);
        if (refused is null)
            _retries = _retries.Reset();
        // asked again only after the rest, also for what is watched meanwhile
        Timers.StartSingleTimer(nameof(Poll), Poll.Instance, rest > _settings.Interval ? rest : _settings.Interval);
    }

    private void AskAbout(Question question, VBucketUuid uuid)
    {
        if (_watched.TryGetValue(question.VBucket, out var watched) && watched.Number == question.Number)
            _watched[question.VBucket] = (uuid, question.Number);
    }

    private void OnFailed(Exception cause)
    {
        _polling = false;
        _connection = null;
        Timers.StartSingleTimer(nameof(Poll), Poll.Instance, NextRetry(cause.Message));
    }

    private TimeSpan NextRetry(string reason)
    {
        _settings.Metrics.Retried(RetriedWork.Persistence);
        var delay = RetrySchedule.Fail(ref _retries, _settings.Time.GetUtcNow());
        _log.Warning("{0} does not say what it has on disk (next try in {1:0.0} s): {2}", _node, delay.TotalSeconds, reason);
        return delay;
    }

    private readonly record struct Question(VBucketId VBucket, VBucketUuid Ask, long Number);

    private readonly record struct Answer(Question Question, ObserveSeqnoResult Result, FailoverLog? Log);

    private sealed record Answers(KvConnection Connection, IReadOnlyList<Answer> All) : INoSerializationVerificationNeeded;

    private sealed record Failed(Exception Cause) : INoSerializationVerificationNeeded;

    private sealed class Poll : INoSerializationVerificationNeeded
    {
        public static readonly Poll Instance = new();
    }
}
