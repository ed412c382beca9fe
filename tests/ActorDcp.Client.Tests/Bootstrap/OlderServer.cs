using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Client.Tests.Bootstrap;

/// <summary>A management service that knows no terse maps: it passes all else on to the producer.</summary>
internal sealed class OlderServer : IAsyncDisposable
{
    private readonly HttpClient _producer;
    private readonly WebApplication _application;
    private int _refused;

    private OlderServer(int producer)
    {
        _producer = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{producer}") };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _application = builder.Build();
        _application.Run(AnswerAsync);
    }

    public int Port => new Uri(_application.Urls.First()).Port;

    /// <summary>Requests for the terse form.</summary>
    public int Refused => _refused;

    public static async Task<OlderServer> StartAsync(int producer)
    {
        var server = new OlderServer(producer);
        await server._application.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _producer.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (path.StartsWith("/pools/default/b/", StringComparison.Ordinal) || path.StartsWith("/pools/default/bs/", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _refused);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Authorization", context.Request.Headers.Authorization.ToString());
        using var answer = await _producer.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        await using var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        var buffer = new byte[4096];
        int read;
        while ((read = await body.ReadAsync(buffer, context.RequestAborted)) > 0)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
}
