using ActorDcp.Handlers;

namespace ActorDcp.Hosting;

/// <summary>What is done with the changes. A handler added in code wins over <see cref="Type"/>.</summary>
public sealed class HandlerOptions
{
    /// <summary><c>count</c>, <c>jsonl</c>, or the assembly-qualified name of a handler type.</summary>
    public string Type { get; set; } = "count";

    /// <summary>File that <c>jsonl</c> writes; <c>{member}</c> is replaced by the member's name.</summary>
    public string? Path { get; set; }

    /// <summary>Whether <c>jsonl</c> writes the documents' values too.</summary>
    public bool Values { get; set; }

    /// <summary>What happens when a batch still fails after its retries.</summary>
    public HandlerErrorAction OnError { get; set; } = HandlerErrorAction.Pause;

    /// <summary>How often a batch that failed is tried again.</summary>
    public int Retries { get; set; } = 5;

    /// <summary>Pause before the first retry; it doubles with every further one, with jitter.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest pause between two retries.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(10);
}
