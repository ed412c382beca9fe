using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Producer.Faults;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Producer.Storage;

/// <summary>
/// Makes a bucket durable: one writer takes what changed in all vbuckets, writes it in one transaction, and then tells each
/// vbucket how far it is persisted. A failed write is tried again with growing delay; nothing is lost but the delay.
/// </summary>
internal sealed class BucketStore : IDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly HashSet<VBucket> _dirty = [];
    private readonly AsyncSignal _wake = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SqliteDatabase _database;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private List<TaskCompletionSource> _flushWaiters = [];
    private Exception? _lastFailure;
    private bool _isClosed;
    private Task _writer = Task.CompletedTask;

    private BucketStore(SqliteDatabase database, TimeProvider time, ILogger log)
    {
        _database = database;
        _time = time;
        _log = log;
    }

    /// <summary>Opens a folder and reads what it holds; after an unclean stop every active vbucket begins a new branch (dcp-reference.md 5.3).</summary>
    /// <exception cref="IOException">The folder cannot be used, is damaged, or belongs to a different bucket.</exception>
    public static (BucketStore Store, StoredBucket? Stored) Open(string directory, BucketSettings settings, ILogger log, FaultPlan? faults = null)
    {
        var database = SqliteDatabase.Open(directory);
        try
        {
            var stored = database.Read(settings, out var wasClean);
            if (stored is not null && !wasClean)
            {
                log.UncleanStop();
                stored = stored with { VBuckets = [.. stored.VBuckets.Select(WithNewBranch)] };
            }
            return (new BucketStore(database, settings.Time, log) { Faults = faults }, stored);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Faults of the node that it stores for; null for none.</summary>
    private FaultPlan? Faults { get; init; }

    /// <summary>Begins writing. The folder counts as unclean from here until it is closed.</summary>
    public void Start(Bucket bucket)
    {
        _database.Begin(bucket);
        _writer = Task.Run(WriteAsync);
    }

    public void MarkDirty(VBucket vbucket)
    {
        lock (_gate)
            _dirty.Add(vbucket);
        _wake.Set();
    }

    /// <summary>Waits until everything written before the call is durable.</summary>
    /// <exception cref="IOException">The store is closed.</exception>
    public Task FlushAsync(CancellationToken cancellationToken)
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_isClosed)
                return Task.FromException(new IOException("the store is closed"));
            _flushWaiters.Add(waiter);
        }
        _wake.Set();
        return waiter.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Writes the rest and marks the folder as closed cleanly.</summary>
    /// <exception cref="IOException">The rest could not be written.</exception>
    public async Task CloseAsync()
    {
        await StopWriterAsync();
        try
        {
            while (TakeDirty() is { Count: > 0 } batches)
                Write(batches);
            _database.MarkClean();
        }
        catch (Exception exception)
        {
            throw new IOException("the last changes could not be written", exception);
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Stops without writing anything more, as a crash does.</summary>
    public async Task AbandonAsync()
    {
        await StopWriterAsync();
        Dispose();
    }

    public void Dispose()
    {
        _database.Dispose();
        _stop.Dispose();
    }

    private static StoredVBucket WithNewBranch(StoredVBucket vbucket)
    {
        if (vbucket.State != VBucketState.Active)
            return vbucket;
        var table = new FailoverTable(vbucket.FailoverLog.Entries);
        table.Branch(vbucket.HighSeqno);
        return vbucket with { FailoverLog = table.ToLog() };
    }

    private async Task StopWriterAsync()
    {
        await _stop.CancelAsync();
        await _writer;
    }

    private async Task WriteAsync()
    {
        var delay = FirstDelay;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _wake.WaitAsync(_stop.Token);
                do
                {
                    delay = FirstDelay;
                    if (Faults is { } faults)
                        await faults.WaitForDiskAsync(_time, _stop.Token);
                }
                while (!_stop.IsCancellationRequested && WriteOnce());
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (Exception exception)
            {
                _lastFailure = exception;
                _log.StoreFailed(delay, exception);
                await DelayAsync(delay);
                delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, LongestDelay.Ticks));
                _wake.Set();
            }
        }
        FailFlushWaiters();
    }

    private async Task DelayAsync(TimeSpan delay)
    {
        try
        {
            var jittered = delay * (0.5 + Random.Shared.NextDouble());
            await Task.Delay(jittered, _time, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // the loop sees it
        }
    }

    /// <summary>Writes what is dirty; false when nothing was.</summary>
    private bool WriteOnce()
    {
        List<TaskCompletionSource> waiters;
        List<PersistenceBatch> batches;
        lock (_gate)
        {
            waiters = _flushWaiters;
            _flushWaiters = [];
        }
        try
        {
            batches = TakeDirty();
            Write(batches);
        }
        catch
        {
            lock (_gate)
                _flushWaiters.AddRange(waiters);
            throw;
        }
        foreach (var waiter in waiters)
            waiter.TrySetResult();
        return batches.Count > 0;
    }

    private List<PersistenceBatch> TakeDirty()
    {
        List<VBucket> dirty;
        lock (_gate)
        {
            dirty = [.. _dirty];
            _dirty.Clear();
        }
        return [.. dirty.Select(vbucket => vbucket.TakeUnpersisted())];
    }

    private void Write(List<PersistenceBatch> batches)
    {
        if (batches.Count == 0)
            return;
        try
        {
            _database.Write(batches);
        }
        catch
        {
            foreach (var batch in batches)
            {
                batch.VBucket.ReturnUnpersisted(batch);
                MarkDirty(batch.VBucket);
            }
            throw;
        }
        foreach (var batch in batches)
            batch.VBucket.MarkPersisted(batch);
    }

    private void FailFlushWaiters()
    {
        lock (_gate)
        {
            _isClosed = true;
            foreach (var waiter in _flushWaiters)
                waiter.TrySetException(new IOException("the store was closed before everything was written", _lastFailure));
        }
    }
}
