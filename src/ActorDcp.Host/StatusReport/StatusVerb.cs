using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting.Configuration;
using ActorDcp.Hosting.Http;

namespace ActorDcp.Host.StatusReport;

/// <summary>Shows a running group, asked of any of its members.</summary>
internal sealed class StatusVerb : Verb
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private readonly Option<string?> _url = OptionOf.Text("--url", "a member's HTTP address", "http://127.0.0.1:8080");
    private readonly Option<string?> _token = OptionOf.Text("--token", "token of the HTTP calls; better in ACTORDCP_TOKEN");
    private readonly Option<string?> _tokenFile = OptionOf.Text("--token-file", "file whose first line is the token");
    private readonly Option<string?> _group = OptionOf.Text("--group", "the group; needed only where a member takes part in several");
    private readonly Option<int?> _vbucket = OptionOf.OptionalNumber("--vbucket", "only this vbucket", 0, 65_535);
    private readonly Option<bool> _json = OptionOf.Flag("--json", "print the answer as JSON");

    public StatusVerb()
        : base("status", "Shows members, data nodes and vbuckets of a running group.", "actordcp status --url http://127.0.0.1:8080 --group orders")
    {
        foreach (var option in new Option[] { _url, _token, _tokenFile, _group, _vbucket, _json })
            Options.Add(option);
    }

    public override async Task<int> RunAsync(ParseResult arguments, Terminal terminal, ShutdownSignals signals)
    {
        var text = arguments.GetValue(_url)!;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new UsageException($"--url \"{text}\" is not an address: write http://HOST:PORT");
        using var http = new HttpClient { BaseAddress = url, Timeout = Timeout };
        if (Secrets.Read(arguments, _token, _tokenFile, OptionsBinder.TokenVariable) is { } token)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);

        var group = arguments.GetValue(_group) ?? await OnlyGroupAsync(http, signals.Stopping).ConfigureAwait(false);
        var status = await GetAsync(http, $"/api/v1/groups/{Uri.EscapeDataString(group)}/status", ApiJson.Default.GroupStatus, signals.Stopping).ConfigureAwait(false);
        if (arguments.GetValue(_vbucket) is { } vbucket)
        {
            status = status with { VBuckets = [.. status.VBuckets.Where(row => row.Vb == vbucket)] };
            if (status.VBuckets.Count == 0)
                throw new FailureException($"group \"{group}\" has no vbucket {vbucket}: see actordcp status without --vbucket");
        }
        if (arguments.GetValue(_json))
            terminal.Fact(JsonSerializer.Serialize(status, ApiJson.Default.GroupStatus));
        else
            StatusTables.Write(status, terminal.Output);
        return ExitCode.Done;
    }

    private static async Task<string> OnlyGroupAsync(HttpClient http, CancellationToken stopping)
    {
        var names = (await GetAsync(http, "/api/v1/groups", ApiJson.Default.GroupNamesAnswer, stopping).ConfigureAwait(false)).Groups;
        return names.Count switch
        {
            1 => names.First(),
            0 => throw new FailureException($"the member at {http.BaseAddress} takes part in no group yet: try again when it is ready"),
            _ => throw new UsageException($"--group is missing: write one of {string.Join(", ", names)}"),
        };
    }

    private static async Task<T> GetAsync<T>(
        HttpClient http, string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken stopping)
    {
        try
        {
            using var response = await http.GetAsync(new Uri(path, UriKind.Relative), stopping).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                return await response.Content.ReadFromJsonAsync(type, stopping).ConfigureAwait(false)
                    ?? throw new FailureException($"{http.BaseAddress} answered nothing: is it a member of ActorDcp?");
            throw new FailureException(await RefusalAsync(http, response, stopping).ConfigureAwait(false));
        }
        catch (HttpRequestException e)
        {
            throw new FailureException($"no member can be reached at {http.BaseAddress} ({e.Message}): is it running, and is --url its HTTP address?", e);
        }
        catch (JsonException e)
        {
            throw new FailureException($"{http.BaseAddress} does not answer as a member of ActorDcp does: is --url its HTTP address?", e);
        }
        catch (TaskCanceledException e) when (!stopping.IsCancellationRequested)
        {
            throw new FailureException($"the member at {http.BaseAddress} did not answer within {Timeout.TotalSeconds:0} s: see its /health/ready", e);
        }
    }

    private static async Task<string> RefusalAsync(HttpClient http, HttpResponseMessage response, CancellationToken stopping)
    {
        if (response.StatusCode == HttpStatusCode.Unauthorized)
            return $"{http.BaseAddress} needs the right token: set {OptionsBinder.TokenVariable} or --token-file";
        try
        {
            var error = await response.Content.ReadFromJsonAsync(ApiJson.Default.ApiError, stopping).ConfigureAwait(false);
            return $"{error?.Error}: {error?.Mend}";
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return $"{http.BaseAddress} answered {(int)response.StatusCode}: is --url the HTTP address of a member?";
        }
    }
}
