using Akka.Configuration;
using Akka.Dispatch;

namespace ActorDcp.Dispatching;

/// <summary>
/// A dispatcher's threads, which nothing else uses. Akka's own dedicated pool wakes at most as many threads at once as there are
/// processors, so that work queued behind handlers that block may stay there with threads idle; here none is left while one is idle.
/// The queue holds an actor at most once, so it is no longer than there are actors.
/// </summary>
internal sealed class OwnThreads : ExecutorService
{
    private readonly object _lock = new();
    private readonly Queue<IRunnable> _queue = new();
    private int _idle;
    private bool _waking;
    private bool _shutDown;

    public OwnThreads(string id, int threads)
        : base(id)
    {
        for (var i = 0; i < threads; i++)
            new Thread(Work) { IsBackground = true, Name = $"{id}_{i}" }.Start();
    }

    public override void Execute(IRunnable run)
    {
        lock (_lock)
        {
            if (_shutDown)
                throw new RejectedExecutionException($"{Id} is shut down");
            _queue.Enqueue(run);
            WakeOne();
        }
    }

    public override void Shutdown()
    {
        lock (_lock)
        {
            _shutDown = true;
            Monitor.PulseAll(_lock);
        }
    }

    private void Work()
    {
        while (Next() is { } run)
            run.Run();
    }

    // what was queued before the shutdown is still run
    private IRunnable? Next()
    {
        lock (_lock)
        {
            while (_queue.Count == 0)
            {
                if (_shutDown)
                    return null;
                _idle++;
                Monitor.Wait(_lock);
                _idle--;
                _waking = false;
            }
            var run = _queue.Dequeue();
            if (_queue.Count > 0)
                WakeOne();
            return run;
        }
    }

    // one thread at a time is on its way; whoever takes work wakes the next for what is left
    private void WakeOne()
    {
        if (_idle == 0 || _waking)
            return;
        _waking = true;
        Monitor.Pulse(_lock);
    }
}

/// <summary>Makes the threads as Akka's configuration says: <c>own-threads.thread-count</c>. Named there by its type.</summary>
internal sealed class OwnThreadsConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    private readonly int _threads = config.GetInt("own-threads.thread-count");

    public override ExecutorService Produce(string id) => new OwnThreads(id, _threads);
}
