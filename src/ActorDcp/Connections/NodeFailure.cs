namespace ActorDcp.Connections;

/// <summary>What last went wrong with a data node: it could not be reached, ended the connection, or refused something.</summary>
/// <param name="Reason">In words, the node's own included; at most <see cref="MaxLength"/> characters, for it travels with the status.</param>
/// <param name="At">When.</param>
internal sealed record NodeFailure(string Reason, DateTimeOffset At)
{
    public const int MaxLength = 400;

    public static NodeFailure Of(string reason, DateTimeOffset at) =>
        new(reason.Length <= MaxLength ? reason : string.Concat(reason.AsSpan(0, MaxLength - 3), "..."), at);
}
