using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorDcp.Host.CommandLine;

namespace ActorDcp.Host.Producer.Control;

/// <summary>Asks a producer's control API.</summary>
internal sealed class ControlClient : IDisposable
{
    /// <summary>A rebalance of many vbuckets takes its time.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    private readonly HttpClient _http;

    public ControlClient(Uri url, string user, string password)
    {
        _http = new HttpClient { BaseAddress = url, Timeout = Timeout };
        _http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
    }

    /// <summary>Sends a request and returns the answer.</summary>
    /// <exception cref="FailureException">The producer refused it, or cannot be reached.</exception>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken stopping)
    {
        using var request = new HttpRequestMessage(method, new Uri($"/control/v1/{path}", UriKind.Relative));
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        try
        {
            using var response = await _http.SendAsync(request, stopping).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.Unauthorized)
                throw new FailureException($"{_http.BaseAddress} does not know this user and password: set --user and ACTORDCP_PASSWORD");
            var text = await response.Content.ReadAsStringAsync(stopping).ConfigureAwait(false);
            var answer = JsonSerializer.Deserialize<JsonElement>(text);
            return response.IsSuccessStatusCode
                ? answer
                : throw new FailureException($"{answer.GetProperty("error").GetString()}: {answer.GetProperty("mend").GetString()}");
        }
        catch (HttpRequestException e)
        {
            throw new FailureException($"no producer can be reached at {_http.BaseAddress} ({e.Message}): is it running, and is --url its HTTP address?", e);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FailureException($"{_http.BaseAddress} does not answer as a producer does: is --url its HTTP address?", e);
        }
        catch (TaskCanceledException e) when (!stopping.IsCancellationRequested)
        {
            throw new FailureException($"the producer at {_http.BaseAddress} did not answer within {Timeout.TotalSeconds:0} s", e);
        }
    }

    public void Dispose() => _http.Dispose();
}
