using ActorDcp.Telemetry;
using ActorDcp.VBuckets.State;
using Akka.Actor;
using Akka.Event;
using static ActorDcp.Persistence.OffsetWriterProtocol;

namespace ActorDcp.Persistence;

/// <summary>
/// The member's only writer of the offset table. One statement is under way at a time; what is asked meanwhile joins the next one,
/// take-overs before checkpoints.
/// <code>
///            work, or tick                      store answered
///   Idle ────────────────────► Busy ───────────────────────────────► Idle
///                               │ store failed            timer
///                               └───────────► Backing off ─────────► Idle
/// </code>
/// </summary>
internal sealed partial class OffsetWriterActor : UntypedActor, IWithTimers
{
    /// <summary>How long the first take-over waits for company: shards start together.</summary>
    private static readonly TimeSpan TakeOverCompany = TimeSpan.FromMilliseconds(10);

    private readonly IOffsetStore _store;
    private readonly OffsetWriterSettings _settings;
    private readonly ActorDcpMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<VBucketId, Registration> _registered = [];
    private readonly Dictionary<VBucketId, IActorRef> _takeOvers = [];
    private readonly Dictionary<VBucketId, HashSet<IActorRef>> _saveNow = [];
    private readonly List<(IActorRef Asker, long Begun)> _revalidations = [];
    private readonly HashSet<(VBucketId VBucket, IActorRef Asker)> _withdrawn = [];
    private Dictionary<VBucketId, IActorRef> _takingOver = [];
    private bool _busy;
    private bool _takeOverFailed;
    private bool _checkpointDue;
    private bool _pulseDue;
    private RetrySchedule _retries = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5), StableAfter: TimeSpan.MaxValue);
    private long _lastSaved;

    public OffsetWriterActor(IOffsetStore store, OffsetWriterSettings settings, ActorDcpMetrics metrics, TimeProvider time)
    {
        _store = store;
        _settings = settings;
        _metrics = metrics;
        _time = time;
        _lastSaved = time.GetTimestamp();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        ScheduleTick();
        if (_settings.Interval > _settings.Pulse)
            Timers.StartPeriodicTimer(nameof(Pulse), Pulse.Instance, _settings.Pulse);
    }

    protected override void PostStop()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    /// <summary>A fault of ours must not leave vbuckets that nobody checkpoints: their actors start anew, what was asked is asked again.</summary>
    protected override void PreRestart(Exception reason, object message)
    {
        foreach (var (vbucket, registration) in _registered)
            registration.Owner.Tell(new Fenced(vbucket, registration.Epoch));
        foreach (var (vbucket, asker) in _takingOver.Concat(_takeOvers))
            Self.Tell(new TakeOver(vbucket), asker);
        base.PreRestart(reason, message);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case TakeOver takeOver: OnTakeOver(takeOver); break;
            case WithdrawTakeOver withdraw: OnWithdraw(withdraw); break;
            case Register register: OnRegister(register); break;
            case Unregister unregister: OnUnregister(unregister); break;
            case SaveNow save: OnSaveNow(save); break;
            case Revalidate revalidate: _revalidations.Add((Sender, revalidate.Begun)); Work(); break;
            case Tick: OnTick(); break;
            case Pulse: _pulseDue = true; Work(); break;
            case Begin or Proceed: Work(); break;
            case TakenOver taken: OnTakenOver(taken); break;
            case Saved saved: OnSaved(saved); break;
            case EpochsRead read: OnEpochsRead(read); break;
            case StoreFailed failed: OnStoreFailed(failed); break;
            default: Unhandled(message); break;
        }
    }

    private void OnTick()
    {
        _checkpointDue = true;
        ScheduleTick();
        // a database that does not even fail is away, too
        UpdateHold();
        Work();
    }

    private void OnTakeOver(TakeOver takeOver)
    {
        _takeOvers[takeOver.VBucket] = Sender;
        if (!_busy && !Timers.IsTimerActive(nameof(Begin)))
            Timers.StartSingleTimer(nameof(Begin), Begin.Instance, TakeOverCompany);
    }

    private void OnWithdraw(WithdrawTakeOver withdraw)
    {
        if (_takeOvers.TryGetValue(withdraw.VBucket, out var asker) && asker.Equals(Sender))
        {
            _takeOvers.Remove(withdraw.VBucket);
            Sender.Tell(new TakeOverWithdrawn(withdraw.VBucket));
        }
        else if (_takingOver.TryGetValue(withdraw.VBucket, out var takingOver) && takingOver.Equals(Sender))
        {
            // it is with the database: should that fail, it is not asked again
            _withdrawn.Add((withdraw.VBucket, Sender));
        }
        else if (_taken.TryGetValue(withdraw.VBucket, out var taken) && taken.Owner.Equals(Sender))
        {
            // it ended before it heard that it is the owner
            _taken.Remove(withdraw.VBucket);
        }
    }

    private void OnRegister(Register register)
    {
        _taken.Remove(register.VBucket);
        _registered[register.VBucket] = new Registration(register.Epoch, register.Source, Sender);
    }

    private void OnUnregister(Unregister unregister)
    {
        if (_taken.TryGetValue(unregister.VBucket, out var taken) && taken.Epoch == unregister.Epoch)
            _taken.Remove(unregister.VBucket);
        if (_registered.TryGetValue(unregister.VBucket, out var current) && current.Epoch == unregister.Epoch)
        {
            _registered.Remove(unregister.VBucket);
            _saveNow.Remove(unregister.VBucket);
        }
    }

    private void OnSaveNow(SaveNow save)
    {
        if (!_registered.TryGetValue(save.VBucket, out var registration) || registration.Epoch != save.Epoch)
        {
            Sender.Tell(new Fenced(save.VBucket, save.Epoch));
            return;
        }
        if (!_saveNow.TryGetValue(save.VBucket, out var waiting))
            _saveNow[save.VBucket] = waiting = [];
        waiting.Add(Sender);
        Work();
    }

    private void Work()
    {
        if (_busy || Timers.IsTimerActive(nameof(StoreFailed)))
            return;
        var takeOverDue = _takeOvers.Count > 0 && _settings.MayTakeOver() && !Timers.IsTimerActive(nameof(Begin));
        var saveDue = _saveNow.Count > 0 || _checkpointDue || _pulseDue;
        // a take-over that fails again and again must not keep positions from being saved
        if (takeOverDue && !(_takeOverFailed && saveDue))
            BeginTakeOver();
        else if (saveDue)
            BeginSave();
        else if (_revalidations.Count > 0)
            BeginRevalidation();
    }

    private void BeginTakeOver()
    {
        _busy = true;
        var asked = new Dictionary<VBucketId, IActorRef>(_takeOvers);
        _takeOvers.Clear();
        _takingOver = asked;
        RunStore(async cancel => new TakenOver(
            asked, await _store.TakeOverAsync(_settings.Group, asked.Keys, _settings.Owner, cancel).ConfigureAwait(false)),
            onFailure: () =>
            {
                _takeOverFailed = true;
                _takingOver = [];
                foreach (var (vbucket, asker) in asked)
                {
                    if (_withdrawn.Contains((vbucket, asker)))
                        asker.Tell(new TakeOverWithdrawn(vbucket));
                    else
                        _takeOvers.TryAdd(vbucket, asker);
                }
                _withdrawn.Clear();
            });
    }

    private void OnTakenOver(TakenOver taken)
    {
        StoreAnswered();
        _takeOverFailed = false;
        _takingOver = [];
        _metrics.TookOver(taken.Owned.Count);
        foreach (var owned in taken.Owned)
        {
            if (!taken.Asked.TryGetValue(owned.VBucket, out var asker))
                continue;
            if (!_withdrawn.Contains((owned.VBucket, asker)))
                _taken[owned.VBucket] = (owned.Epoch, asker);
            asker.Tell(new OwnershipTaken(owned));
        }
        _withdrawn.Clear();
        Work();
    }

    private void BeginSave()
    {
        var (due, pulse) = (_checkpointDue, _checkpointDue || _pulseDue);
        _checkpointDue = _pulseDue = false;
        var updates = new List<OffsetUpdate>();
        var waiting = new Dictionary<VBucketId, HashSet<IActorRef>>(_saveNow);
        _saveNow.Clear();
        _takeOverFailed = false;
        foreach (var (vbucket, registration) in _registered)
        {
            if (!due && !waiting.ContainsKey(vbucket))
                continue;
            var (offset, boundaries, mark) = registration.Source.Sample();
            if ((offset, mark) != registration.Saved || waiting.ContainsKey(vbucket))
                updates.Add(new OffsetUpdate(vbucket, registration.Epoch, offset, boundaries, mark));
        }
        // one row shows that the group runs, also when nothing moves
        if (pulse && updates.Count == 0 && _registered.FirstOrDefault() is { Value: { } any, Key: var vb } && any.Source.Sample() is var at)
            updates.Add(new OffsetUpdate(vb, any.Epoch, at.Offset, at.Boundaries, at.Mark));
        if (updates.Count == 0)
        {
            _lastSaved = _time.GetTimestamp();
            UpdateHold();
            Work();
            return;
        }
        _busy = true;
        RunStore(async cancel => new Saved(
            updates, waiting, await _store.SaveAsync(_settings.Group, updates, cancel).ConfigureAwait(false)),
            onFailure: () =>
            {
                _checkpointDue |= due;
                foreach (var (vbucket, askers) in waiting)
                {
                    if (!_registered.ContainsKey(vbucket))
                        continue;
                    if (_saveNow.TryGetValue(vbucket, out var later))
                        later.UnionWith(askers);
                    else
                        _saveNow[vbucket] = askers;
                }
            });
    }

    private void OnSaved(Saved saved)
    {
        StoreAnswered();
        _lastSaved = _time.GetTimestamp();
        UpdateHold();
        _metrics.CheckpointsSaved(saved.Updates.Count - saved.Fenced.Count);
        var fenced = saved.Fenced.ToHashSet();
        foreach (var update in saved.Updates)
        {
            object answer;
            IActorRef told = ActorRefs.Nobody;
            if (fenced.Contains(update.VBucket))
            {
                answer = new Fenced(update.VBucket, update.Epoch);
                told = Fence(update.VBucket, update.Epoch);
            }
            else
            {
                answer = new CheckpointSaved(update.VBucket, update.Epoch, update.Offset, update.Mark);
                if (_registered.TryGetValue(update.VBucket, out var registration) && registration.Epoch == update.Epoch)
                {
                    registration.Saved = (update.Offset, update.Mark);
                    told = registration.Owner;
                    told.Tell(answer);
                }
            }
            if (saved.Waiting.TryGetValue(update.VBucket, out var askers))
                foreach (var asker in askers.Where(asker => !asker.Equals(told)))
                    asker.Tell(answer);
        }
        Work();
    }

    private void StoreAnswered()
    {
        _busy = false;
        if (_retries.Failures > 0)
            _log.Info("the offset table answers again after {0} failed tries", _retries.Failures);
        _retries = _retries.Reset();
    }

    private void OnStoreFailed(StoreFailed failed)
    {
        _busy = false;
        failed.Restore?.Invoke();
        _metrics.CheckpointFailed();
        var delay = RetrySchedule.Fail(ref _retries, _time.GetUtcNow());
        var failures = _retries.Failures;
        if (failures == 1 || failures % 10 == 0)
            _log.Warning("the offset table cannot be written (try {0}, next in {1:0.0} s): {2}", failures, delay.TotalSeconds, failed.Cause.Message);
        UpdateHold();
        Timers.StartSingleTimer(nameof(StoreFailed), Begin.Instance, delay);
    }

    /// <summary>Delivery holds while progress cannot be made durable for too long, and goes on as soon as it can.</summary>
    private void UpdateHold()
    {
        if ((_retries.Failures > 0 || _busy) && _registered.Count > 0 && _time.GetElapsedTime(_lastSaved) > _settings.MaxUncheckpointed)
            _settings.Hold.Engage();
        else if (_retries.Failures == 0 && !_busy)
            _settings.Hold.Release();
    }

    private void RunStore(Func<CancellationToken, Task<object>> work, Action? onFailure)
    {
        var stopping = _stopping.Token;
        Run().PipeTo(Self);

        async Task<object> Run()
        {
            try
            {
                using var deadline = new CancellationTokenSource(_settings.StoreTimeout, _time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, deadline.Token);
                // also for a driver that does not heed the token
                return await work(either.Token).WaitAsync(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException cause) when (!stopping.IsCancellationRequested)
            {
                return new StoreFailed(new TimeoutException($"no answer within {_settings.StoreTimeout.TotalSeconds:0} s", cause), onFailure);
            }
            catch (Exception cause) when (cause is not OutOfMemoryException)
            {
                return new StoreFailed(cause, onFailure);
            }
        }
    }

    private void ScheduleTick() =>
        Timers.StartSingleTimer(nameof(Tick), Tick.Instance, _settings.Interval * (0.9 + 0.2 * Random.Shared.NextDouble()));

    private sealed class Registration(OwnershipEpoch epoch, ICheckpointSource source, IActorRef owner)
    {
        public OwnershipEpoch Epoch { get; } = epoch;

        public ICheckpointSource Source { get; } = source;

        public IActorRef Owner { get; } = owner;

        public (StreamOffset Offset, long Mark)? Saved { get; set; }
    }

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        public static readonly Tick Instance = new();
    }

    private sealed class Pulse : INoSerializationVerificationNeeded
    {
        public static readonly Pulse Instance = new();
    }

    private sealed class Begin : INoSerializationVerificationNeeded
    {
        public static readonly Begin Instance = new();
    }

    private sealed record TakenOver(IReadOnlyDictionary<VBucketId, IActorRef> Asked, IReadOnlyList<OwnedOffset> Owned) : INoSerializationVerificationNeeded;

    private sealed record Saved(
        IReadOnlyList<OffsetUpdate> Updates, IReadOnlyDictionary<VBucketId, HashSet<IActorRef>> Waiting,
        IReadOnlyList<VBucketId> Fenced) : INoSerializationVerificationNeeded;

    private sealed record EpochsRead((IActorRef Asker, long Begun)[] Asked, IReadOnlyList<StoredOffset> Rows) : INoSerializationVerificationNeeded;

    /// <summary><paramref name="Restore"/> puts back what was asked; it runs on the actor's thread.</summary>
    private sealed record StoreFailed(Exception Cause, Action? Restore) : INoSerializationVerificationNeeded;
}
