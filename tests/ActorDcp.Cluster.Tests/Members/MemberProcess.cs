using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using ActorDcp.Hosting.Http;

namespace ActorDcp.Cluster.Tests.Members;

/// <summary>A <c>serve</c> process.</summary>
internal sealed class MemberProcess(int index, string group, HostProcess process) : IAsyncDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private int? _http;

    /// <summary>Its place among the ports of the cluster; a successor may have the same.</summary>
    public int Index { get; } = index;

    public int Id => process.Id;

    public string Error => process.Error;

    public string Output => process.Output;

    public bool HasExited => process.HasExited;

    /// <inheritdoc cref="HostProcess.Usage"/>
    public (TimeSpan Processor, long Resident) Usage => process.Usage;

    /// <summary>Whether lines or rows under a member's name are of this process.</summary>
    public bool IsNamed(string? member) => member?.Contains($"-{Id.ToString(CultureInfo.InvariantCulture)}-", StringComparison.Ordinal) == true;

    /// <summary>Waits until it takes part in its group.</summary>
    public async Task ReadyAsync()
    {
        try
        {
            _http = await ServeProcess.PortAsync(process, "http");
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            throw new InvalidOperationException($"member {Index} did not start: {process.Error}", e);
        }
    }

    /// <summary>The group as this member collects it; null when it does not answer.</summary>
    public async Task<GroupStatus?> StatusAsync()
    {
        if (_http is not { } port || HasExited)
            return null;
        try
        {
            return await Http.GetFromJsonAsync<GroupStatus>(
                string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/api/v1/groups/{group}/status"), Json);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or JsonException)
        {
            return null;
        }
    }

    /// <summary>SIGTERM; returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        await SignalAsync("TERM");
        return await process.WaitForExitAsync();
    }

    /// <summary>Sends a signal, by its name, and does not wait for what comes of it.</summary>
    public Task SignalAsync(string signal) => process.SignalAsync(signal);

    public Task<int> WaitForExitAsync() => process.WaitForExitAsync();

    public Task KillAsync() => process.KillAsync();

    public Task SuspendAsync() => SignalAsync("STOP");

    public Task ContinueAsync() => SignalAsync("CONT");

    public ValueTask DisposeAsync() => process.DisposeAsync();
}
