using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorDcp.Producer;

namespace ActorDcp.Client.Tests.Connections;

public sealed class TlsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actordcp-tls-");
    private readonly X509Certificate2 _authority = MakeAuthority("CN=test authority");

    [Fact]
    public async Task A_certificate_of_the_given_authority_is_accepted()
    {
        await using var producer = await StartAsync();
        await using var connection = await OpenAsync(producer, new KvTlsOptions { AuthorityFile = Pem("ca.pem", _authority) });

        producer.Bucket.Set(new VBucketId(0), "over-tls", "{}"u8);
        var stream = await connection.StreamAsync(0);

        var keys = new List<string>();
        await stream.TakeEventsAsync(1, change => keys.Add(System.Text.Encoding.UTF8.GetString(change.Key.Span)));
        Assert.Equal(["over-tls"], keys);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused()
    {
        using var other = MakeAuthority("CN=another authority");
        await using var producer = await StartAsync();

        var error = await Assert.ThrowsAsync<KvConfigurationException>(
            () => OpenAsync(producer, new KvTlsOptions { AuthorityFile = Pem("other.pem", other) }));

        Assert.Equal("Tls", error.Setting);
        Assert.Contains("authority", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused()
    {
        await using var producer = await StartAsync();

        var error = await Assert.ThrowsAsync<KvConfigurationException>(
            () => OpenAsync(producer, new KvTlsOptions { AuthorityFile = Pem("ca.pem", _authority), ServerName = "db.example.com" }));

        Assert.Contains("another name", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_authority_file_is_named()
    {
        await using var producer = await StartAsync();

        var error = await Assert.ThrowsAsync<KvConfigurationException>(
            () => OpenAsync(producer, new KvTlsOptions { AuthorityFile = "/no/such/ca.pem" }));

        Assert.Equal("Tls:AuthorityFile", error.Setting);
        Assert.Contains("/no/such/ca.pem", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_certificate_logs_in_without_a_password()
    {
        await using var producer = await StartAsync();
        using var key = RSA.Create(2048);
        using var client = Sign(new CertificateRequest("CN=Administrator", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        var keyFile = Path.Combine(_folder.FullName, "client.key");
        await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem());

        await using var connection = await OpenAsync(
            producer,
            new KvTlsOptions { AuthorityFile = Pem("ca.pem", _authority), ClientCertificateFile = Pem("client.pem", client), ClientKeyFile = keyFile },
            credentials: null);

        Assert.True(connection.Info.Collections);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_certificate_of_an_intermediate_authority_is_sent_with_it(bool isPkcs12)
    {
        await using var producer = await StartAsync();
        using var authorityKey = RSA.Create(2048);
        var between = new CertificateRequest("CN=between", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        between.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var intermediate = Sign(between);
        using var signer = intermediate.CopyWithPrivateKey(authorityKey);
        using var key = RSA.Create(2048);
        using var client = new CertificateRequest("CN=Administrator", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .Create(signer, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), RandomNumberGenerator.GetBytes(8));
        using var paired = client.CopyWithPrivateKey(key);
        var file = Path.Combine(_folder.FullName, "chain");
        if (isPkcs12)
            await File.WriteAllBytesAsync(file, new X509Certificate2Collection { intermediate, paired }.Export(X509ContentType.Pkcs12)!);
        else
            await File.WriteAllTextAsync(file, $"{client.ExportCertificatePem()}\n{intermediate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");

        await using var connection = await OpenAsync(
            producer, new KvTlsOptions { AuthorityFile = Pem("ca.pem", _authority), ClientCertificateFile = file }, credentials: null);

        Assert.True(connection.Info.Collections);
    }

    [Fact]
    public async Task Tls_to_a_plain_port_says_so()
    {
        await using var producer = await StartAsync();
        var options = Options.For(producer);

        var error = await Record.ExceptionAsync(() => (options with { Kv = options.Kv with { Tls = new KvTlsOptions(), ConnectTimeout = TimeSpan.FromSeconds(2) } }).OpenAsync());

        Assert.True(error is KvConfigurationException or KvConnectionException, error?.ToString());
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<EmbeddedProducer> StartAsync()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var signed = Sign(request);
        using var paired = signed.CopyWithPrivateKey(key);
        return await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions
        {
            VBuckets = 1,
            TlsCertificate = X509CertificateLoader.LoadPkcs12(paired.Export(X509ContentType.Pkcs12), null),
            ClientCertificateAuthority = X509CertificateLoader.LoadCertificate(_authority.RawData),
        });
    }

    private static Task<DcpConnection> OpenAsync(EmbeddedProducer producer, KvTlsOptions tls) =>
        OpenAsync(producer, tls, new KvCredentials("Administrator", "password"));

    private static Task<DcpConnection> OpenAsync(EmbeddedProducer producer, KvTlsOptions tls, KvCredentials? credentials)
    {
        var options = Options.For(producer);
        return (options with
        {
            Kv = options.Kv with { Endpoint = new KvEndpoint("127.0.0.1", producer.TlsEndpoint!.Port), Tls = tls, Credentials = credentials },
        }).OpenAsync();
    }

    private X509Certificate2 Sign(CertificateRequest request) =>
        request.Create(_authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));

    private string Pem(string name, X509Certificate2 certificate)
    {
        var file = Path.Combine(_folder.FullName, name);
        File.WriteAllText(file, certificate.ExportCertificatePem());
        return file;
    }

    private static X509Certificate2 MakeAuthority(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2));
    }
}
