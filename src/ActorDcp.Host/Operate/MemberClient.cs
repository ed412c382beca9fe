using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting.Configuration;
using ActorDcp.Hosting.Http;

namespace ActorDcp.Host.Operate;

/// <summary>The HTTP calls of one member, with errors that say what to do. The caller disposes it.</summary>
internal sealed class MemberClient : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http;

    public MemberClient(Uri url, string? token)
    {
        _http = new HttpClient { BaseAddress = url, Timeout = Timeout };
        if (token is not null)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>The group that was named, or the only one there is.</summary>
    public async Task<string> GroupAsync(string? named, CancellationToken stopping)
    {
        if (named is not null)
            return named;
        var names = (await GetAsync("/api/v1/groups", ApiJson.Default.GroupNamesAnswer, stopping).ConfigureAwait(false)).Groups;
        return names.Count switch
        {
            1 => names.First(),
            0 => throw new FailureException($"the member at {_http.BaseAddress} takes part in no group yet: try again when it is ready"),
            _ => throw new UsageException($"--group is missing: write one of {string.Join(", ", names)}"),
        };
    }

    /// <exception cref="FailureException">No member, or it refuses; the text says what to do.</exception>
    public Task<T> GetAsync<T>(string path, JsonTypeInfo<T> answer, CancellationToken stopping) =>
        SendAsync(HttpMethod.Get, path, content: null, answer, stopping);

    /// <inheritdoc cref="GetAsync"/>
    public Task<T> PostAsync<T>(string path, HttpContent? content, JsonTypeInfo<T> answer, CancellationToken stopping) =>
        SendAsync(HttpMethod.Post, path, content, answer, stopping);

    /// <inheritdoc cref="GetAsync"/>
    public Task<T> PutAsync<T>(string path, HttpContent content, JsonTypeInfo<T> answer, CancellationToken stopping) =>
        SendAsync(HttpMethod.Put, path, content, answer, stopping);

    public void Dispose() => _http.Dispose();

    private async Task<T> SendAsync<T>(HttpMethod method, string path, HttpContent? content, JsonTypeInfo<T> answer, CancellationToken stopping)
    {
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
            using var response = await _http.SendAsync(request, stopping).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                return await response.Content.ReadFromJsonAsync(answer, stopping).ConfigureAwait(false)
                    ?? throw new FailureException($"{_http.BaseAddress} answered nothing: is it a member of ActorDcp?");
            throw new FailureException(await RefusalAsync(response, stopping).ConfigureAwait(false));
        }
        catch (HttpRequestException e)
        {
            throw new FailureException($"no member can be reached at {_http.BaseAddress} ({e.Message}): is it running, and is --url its HTTP address?", e);
        }
        catch (JsonException e)
        {
            throw new FailureException($"{_http.BaseAddress} does not answer as a member of ActorDcp does: is --url its HTTP address?", e);
        }
        catch (TaskCanceledException e) when (!stopping.IsCancellationRequested)
        {
            throw new FailureException($"the member at {_http.BaseAddress} did not answer within {Timeout.TotalSeconds:0} s: see its /health/ready", e);
        }
    }

    private async Task<string> RefusalAsync(HttpResponseMessage response, CancellationToken stopping)
    {
        if (response.StatusCode == HttpStatusCode.Unauthorized)
            return $"{_http.BaseAddress} needs the right token: set {OptionsBinder.TokenVariable} or --token-file";
        try
        {
            var error = await response.Content.ReadFromJsonAsync(ApiJson.Default.ApiError, stopping).ConfigureAwait(false);
            return $"{error?.Error}: {error?.Mend}";
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return $"{_http.BaseAddress} answered {(int)response.StatusCode}: is --url the HTTP address of a member?";
        }
    }
}
