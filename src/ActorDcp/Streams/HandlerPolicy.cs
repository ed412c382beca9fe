using ActorDcp.Handlers;
using ActorDcp.VBuckets.State;

namespace ActorDcp.Streams;

/// <summary>How a handler's errors are met.</summary>
internal sealed record HandlerPolicy
{
    /// <summary>What to do when the retries are spent. Default: pause.</summary>
    public HandlerErrorAction OnError { get; init; } = HandlerErrorAction.Pause;

    /// <summary>How often the same events are tried again. Default 5; 0 never.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>Pause before the first retry; doubled for each further one. Default 100 ms.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest pause before a retry. Default 10 s.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a handler may take to heed its cancelled token before its batch is given up. Default 500 ms.</summary>
    public TimeSpan StoppingGrace { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The pause before a retry, counted from 1.</summary>
    internal TimeSpan BackoffBefore(int retry) => RetrySchedule.WaitAfter(retry, MinBackoff, MaxBackoff, Random.Shared.NextDouble());
}
