using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ActorDcp.Producer.Tests.Http;

/// <summary>The HTTP port with TLS (dcp-reference.md 2.7, 2.8).</summary>
public sealed class HttpOverTlsTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private readonly X509Certificate2 _authority = SelfSignedCertificate.CreateAuthority();
    private readonly X509Certificate2 _server;
    private EmbeddedProducer _producer = null!;

    public HttpOverTlsTests() => _server = SelfSignedCertificate.Create(_authority);

    public async Task InitializeAsync() => _producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions
    {
        VBuckets = 4, Nodes = 2, HttpPort = 0, HttpsPort = 0, TlsCertificate = _server, ClientCertificateAuthority = _authority,
    });

    public async Task DisposeAsync()
    {
        await _producer.DisposeAsync();
        _server.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task Every_node_answers_over_tls_and_the_maps_name_the_ports()
    {
        foreach (var node in _producer.Nodes)
        {
            using var http = ClientOf(node.HttpsEndpoint!);
            http.DefaultRequestHeaders.Authorization = Password();

            foreach (var path in new[] { "/pools/default/b/default", "/pools/default/nodeServices" })
            {
                var map = JsonNode.Parse(await http.GetStringAsync(new Uri(path, UriKind.Relative)))!;
                Assert.Equal(_producer.Nodes.Select(other => other.HttpsEndpoint!.Port),
                    map["nodesExt"]!.AsArray().Select(entry => entry!["services"]!["mgmtSSL"]!.GetValue<int>()));
                Assert.Equal(_producer.Nodes.Select(other => other.TlsEndpoint!.Port),
                    map["nodesExt"]!.AsArray().Select(entry => entry!["services"]!["kvSSL"]!.GetValue<int>()));
            }
            var pool = JsonNode.Parse(await http.GetStringAsync(new Uri("/pools/default", UriKind.Relative)))!;
            Assert.Equal(_producer.Nodes.Select(other => other.HttpsEndpoint!.Port),
                pool["nodes"]!.AsArray().Select(entry => entry!["ports"]!["httpsMgmt"]!.GetValue<int>()));
        }
    }

    [Fact]
    public async Task Without_credentials_it_refuses_as_the_plain_port_does()
    {
        using var http = ClientOf(_producer.HttpsEndpoint!);

        using var answer = await http.GetAsync(new Uri("/pools/default", UriKind.Relative));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task A_client_certificate_of_a_user_takes_the_place_of_a_password()
    {
        using var certificate = SelfSignedCertificate.Create(_authority, "Administrator");
        using var http = ClientOf(_producer.HttpsEndpoint!, certificate);

        using var who = JsonDocument.Parse(await http.GetStringAsync(new Uri("/whoami", UriKind.Relative)));

        Assert.Equal("Administrator", who.RootElement.GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_client_certificate_of_nobody_here_is_401()
    {
        using var certificate = SelfSignedCertificate.Create(_authority, "stranger");
        using var http = ClientOf(_producer.HttpsEndpoint!, certificate);

        using var answer = await http.GetAsync(new Uri("/pools/default", UriKind.Relative));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task It_also_answers_where_no_plain_port_is_open()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1, HttpsPort = 0, TlsCertificate = _server });
        using var http = ClientOf(producer.HttpsEndpoint!);
        http.DefaultRequestHeaders.Authorization = Password();

        var map = JsonNode.Parse(await http.GetStringAsync(new Uri("/pools/default/nodeServices", UriKind.Relative)))!;

        Assert.Null(producer.HttpEndpoint);
        Assert.Null(map["nodesExt"]![0]!["services"]!["mgmt"]);
    }

    [Fact]
    public async Task A_client_that_trusts_another_authority_does_not_get_through()
    {
        using var another = SelfSignedCertificate.CreateAuthority("another");
        using var http = ClientOf(_producer.HttpsEndpoint!, trusted: another);

        var refusal = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri("/pools", UriKind.Relative)));

        Assert.IsType<AuthenticationException>(refusal.InnerException);
    }

    [Fact]
    public async Task A_port_without_a_certificate_is_refused_with_the_mend()
    {
        var refusal = await Assert.ThrowsAsync<ArgumentException>(() => EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { HttpsPort = 0 }));

        Assert.Contains("HttpsPort is '0': give TlsCertificate", refusal.Message, StringComparison.Ordinal);
    }

    private static AuthenticationHeaderValue Password() =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"Administrator:{EmbeddedProducerOptions.DefaultPassword}")));

    private HttpClient ClientOf(IPEndPoint at, X509Certificate2? certificate = null, X509Certificate2? trusted = null)
    {
        var handler = new SocketsHttpHandler { SslOptions = TlsTrust.In(trusted ?? _authority, certificate) };
        return new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{at.Port}"), Timeout = Deadline };
    }
}
