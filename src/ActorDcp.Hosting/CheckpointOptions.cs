namespace ActorDcp.Hosting;

/// <summary>When progress is made durable.</summary>
public sealed class CheckpointOptions
{
    /// <summary>Time between two writes of the positions that moved. After a crash at most this much is delivered again.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long streams go on while the database cannot be written to; then they hold until it can.</summary>
    public TimeSpan MaxUncheckpointed { get; set; } = TimeSpan.FromSeconds(60);
}
