using Microsoft.Extensions.Logging;

namespace ActorDcp.Persistence;

/// <summary>What persistence says; event ids 2000 to 2099.</summary>
internal static partial class PersistenceLog
{
    [LoggerMessage(2000, LogLevel.Warning, "{What} failed at try {Attempt} and is tried again: {Reason}")]
    public static partial void Retrying(ILogger logger, string what, int attempt, string reason);

    [LoggerMessage(2001, LogLevel.Information, "Created the tables of ActorDcp, version {Version}, on {Provider}")]
    public static partial void Created(ILogger logger, int version, PersistenceProvider provider);

    [LoggerMessage(2002, LogLevel.Information, "Upgraded the tables of ActorDcp from version {From} to version {To}")]
    public static partial void Upgraded(ILogger logger, long from, int to);
}
