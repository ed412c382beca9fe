using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ActorDcp.Hosting;

/// <summary>
/// Starts the member when the host starts and drains it when the host stops. Reading the options here is what makes a wrong
/// configuration stop the start before an actor system exists.
/// </summary>
internal sealed partial class ActorDcpRuntime(IOptions<ActorDcpOptions> options, ILogger<ActorDcpRuntime> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var checkedOptions = options.Value;
        LogConfigured(logger, checkedOptions.Group, checkedOptions.Bucket);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(EventId = 4001, Level = LogLevel.Information, Message = "group {Group} on bucket {Bucket}: configuration is in order")]
    private static partial void LogConfigured(ILogger logger, string group, string bucket);
}
