using System.CommandLine;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorDcp.Host.CommandLine;
using ActorDcp.Host.Producer.Control;
using ActorDcp.Hosting.Configuration;
using ActorDcp.Producer;

namespace ActorDcp.Host.Producer;

/// <summary>The embedded producer alone, until it is told to stop.</summary>
internal sealed class ProducerVerb : Verb
{
    /// <summary>The largest document that a data node takes (dcp-reference.md 1.5).</summary>
    private const int LargestValue = 20 * 1024 * 1024;

    private const int DefaultHttpPort = 8091;

    private readonly Option<string?> _host = OptionOf.Text("--host", "address to listen on; off loopback it needs a password of its own", "127.0.0.1");
    private readonly Option<int> _port = OptionOf.Number("--port", "port for KV and DCP; 0 takes a free one", 11210, 0, 65_535);
    private readonly Option<int?> _http = OptionOf.OptionalNumber("--http", "port for HTTP: cluster maps, scopes and collections; 0 takes a free one [default: 8091, or a free one with a --port of your own]", 0, 65_535);
    private readonly Option<int?> _https = OptionOf.OptionalNumber("--https", "port for the same over TLS, with --tls-cert and --tls-key; 0 takes a free one [default: none]", 0, 65_535);
    private readonly Option<string?> _bucket = OptionOf.Text("--bucket", "name of the bucket", "default");
    private readonly Option<int> _vbuckets = OptionOf.Number("--vbuckets", "vbuckets of the bucket", 1024, 1, 1024);
    private readonly Option<int> _nodes = OptionOf.Number("--nodes", "data nodes of a new cluster, each on ports of its own: those given plus its number", 1, 1, 64);
    private readonly Option<int> _replicas = OptionOf.Number("--replicas", "replicas of each vbucket, on as many other nodes", 0, 0, 3);
    private readonly Option<string?> _user = OptionOf.Text("--user", "the user who may do everything", "Administrator");
    private readonly Option<string?> _password = OptionOf.Text("--password", $"its password [default: {EmbeddedProducerOptions.DefaultPassword}]; better in ACTORDCP_PASSWORD or --password-file");
    private readonly Option<string?> _passwordFile = OptionOf.Text("--password-file", "file whose first line is the password");
    private readonly Option<string?> _data = OptionOf.Text("--data", "folder that keeps the bucket between runs; none keeps it in memory");
    private readonly Option<bool> _ephemeral = OptionOf.Flag("--ephemeral", "an ephemeral bucket: nothing is ever persisted");
    private readonly Option<bool> _lww = OptionOf.Flag("--lww", "a bucket where of two versions the one with the higher cas wins: conflict resolution by time");
    private readonly Option<long> _load = OptionOf.LongNumber("--load", "documents to write before it serves, under the keys k0, k1...", 0, 0);
    private readonly Option<int> _valueSize = OptionOf.Number("--value-size", "bytes of a document", 256, 0, LargestValue);
    private readonly Option<int> _rate = OptionOf.Number("--rate", "documents to write a second while it serves", 0, 0, 10_000_000);
    private readonly Option<string?> _tlsCert = OptionOf.Text("--tls-cert", "PEM file of a certificate: opens a second port, with TLS");
    private readonly Option<string?> _tlsKey = OptionOf.Text("--tls-key", "PEM file of the certificate's key");
    private readonly Option<int> _tlsPort = OptionOf.Number("--tls-port", "port for TLS; 0 takes a free one", 0, 0, 65_535);
    private readonly Option<string?> _clientCa = OptionOf.Text("--tls-client-ca", "PEM file of an authority whose client certificates are accepted");

    public ProducerVerb()
        : base("producer", "Runs the embedded producer: a small Couchbase data node for any KV or DCP client.", "actordcp producer --port 11210 --bucket default --load 100000 --rate 500")
    {
        foreach (var option in new Option[]
        {
            _host, _port, _http, _https, _bucket, _vbuckets, _nodes, _replicas, _user, _password, _passwordFile, _data, _ephemeral, _lww, _load, _valueSize, _rate,
            _tlsCert, _tlsKey, _tlsPort, _clientCa,
        })
        {
            Options.Add(option);
        }
        Subcommands.Add(new ControlVerb());
        // a verb with actions of its own can do without one
        SetAction(_ => ExitCode.Done);
    }

    public override async Task<int> RunAsync(ParseResult arguments, Terminal terminal, ShutdownSignals signals)
    {
        using var certificate = Certificate(arguments);
        using var authority = ClientAuthority(arguments);
        using var logging = LoggerFactory.Create(builder => builder
            .SetMinimumLevel(LogLevel.Warning)
            .AddSimpleConsole(console => console.SingleLine = true)
            .Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        var producer = await StartAsync(Read(arguments, certificate, authority, logging), signals.Stopping).ConfigureAwait(false);
        await using (producer.ConfigureAwait(false))
        {
            var writer = new DocumentWriter(producer.Bucket, arguments.GetValue(_valueSize));
            writer.Write(arguments.GetValue(_load), signals.Stopping);
            var ready = new ReadyLine(producer.HttpEndpoint?.Port, producer.HttpsEndpoint?.Port,
                Kv: [.. producer.Nodes.Select(node => node.Endpoint.Port)],
                KvTls: producer.TlsEndpoint is null ? null : [.. producer.Nodes.Select(node => node.TlsEndpoint!.Port)]);
            terminal.Fact(ready.ToString());
            await WriteUntilStoppedAsync(writer, arguments.GetValue(_rate), signals.Stopping).ConfigureAwait(false);
        }
        return signals.WasInterrupted ? ExitCode.Interrupted : ExitCode.Done;
    }

    private static async Task WriteUntilStoppedAsync(DocumentWriter writer, int rate, CancellationToken stopping)
    {
        try
        {
            if (rate > 0)
                await writer.RunAsync(rate, TimeProvider.System, stopping).ConfigureAwait(false);
            else
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private static async Task<EmbeddedProducer> StartAsync(EmbeddedProducerOptions options, CancellationToken stopping)
    {
        try
        {
            return await EmbeddedProducer.StartAsync(options, stopping).ConfigureAwait(false);
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message, e);
        }
        catch (SocketException e)
        {
            throw new FailureException($"the producer cannot listen on {options.Host}:{options.Port} ({e.Message}): choose another --port (or --http), or 0 for a free one", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"--data \"{options.DataDirectory}\": {e.Message}", e);
        }
    }

    private EmbeddedProducerOptions Read(ParseResult arguments, X509Certificate2? certificate, X509Certificate2? authority, ILoggerFactory logging) => new()
    {
        Host = arguments.GetValue(_host)!,
        Port = arguments.GetValue(_port),
        HttpPort = arguments.GetValue(_http) ?? (arguments.GetResult(_port) is { Implicit: false } ? 0 : DefaultHttpPort),
        HttpsPort = arguments.GetValue(_https),
        Bucket = arguments.GetValue(_bucket)!,
        VBuckets = arguments.GetValue(_vbuckets),
        Nodes = arguments.GetValue(_nodes),
        Replicas = arguments.GetValue(_replicas),
        User = arguments.GetValue(_user)!,
        Password = Secrets.Read(arguments, _password, _passwordFile, OptionsBinder.PasswordVariable) ?? EmbeddedProducerOptions.DefaultPassword,
        DataDirectory = arguments.GetValue(_data),
        Ephemeral = arguments.GetValue(_ephemeral),
        LastWriteWins = arguments.GetValue(_lww),
        TlsCertificate = certificate,
        TlsPort = arguments.GetValue(_tlsPort),
        ClientCertificateAuthority = authority,
        LoggerFactory = logging,
    };

    private X509Certificate2? Certificate(ParseResult arguments)
    {
        var (file, key) = (arguments.GetValue(_tlsCert), arguments.GetValue(_tlsKey));
        if (file is null && key is null && arguments.GetValue(_https) is { } https)
            throw new UsageException($"--https {https} needs a certificate: name its PEM files in --tls-cert and --tls-key");
        if (file is null && key is null)
            return null;
        if (file is null || key is null)
            throw new UsageException($"{(file is null ? "--tls-cert" : "--tls-key")} is missing: TLS needs both --tls-cert and --tls-key");
        try
        {
            using var pem = X509Certificate2.CreateFromPemFile(file, key);
            // a key straight from PEM cannot be used by TLS on every system
            return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new UsageException($"--tls-cert \"{file}\" with --tls-key \"{key}\" cannot be read ({e.Message}): name the PEM files of a certificate and its key", e);
        }
    }

    private X509Certificate2? ClientAuthority(ParseResult arguments)
    {
        if (arguments.GetValue(_clientCa) is not { } file)
            return null;
        if (arguments.GetValue(_tlsCert) is null)
            throw new UsageException("--tls-client-ca is of no use without --tls-cert and --tls-key: name them too");
        try
        {
            return X509CertificateLoader.LoadCertificateFromFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UsageException($"--tls-client-ca \"{file}\" cannot be read ({e.Message}): name a PEM file", e);
        }
    }
}
