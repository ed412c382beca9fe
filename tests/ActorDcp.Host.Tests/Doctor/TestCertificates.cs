using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorDcp.Host.Tests.Doctor;

/// <summary>An authority made for one test, what it signs, and files of both.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actordcp-doctor-");
    private readonly RSA _key = RSA.Create(2048);

    public TestCertificates()
    {
        var request = Request("CN=test authority", _key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        Authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-40), DateTimeOffset.UtcNow.AddDays(40));
        AuthorityFile = Write("ca.pem", Authority.ExportCertificatePem());
    }

    public X509Certificate2 Authority { get; }

    public string AuthorityFile { get; }

    /// <summary>A node's certificate for 127.0.0.1 with its key.</summary>
    public X509Certificate2 Node(DateTimeOffset until)
    {
        using var key = RSA.Create(2048);
        var request = Request("CN=node", key);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var signed = Sign(request, until);
        using var paired = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(paired.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Files of a user's certificate and its key.</summary>
    public (string Certificate, string Key) Client(string user)
    {
        using var key = RSA.Create(2048);
        using var signed = Sign(Request($"CN={user}", key), DateTimeOffset.UtcNow.AddDays(1));
        return (Write("client.pem", signed.ExportCertificatePem()), Write("client.key", key.ExportPkcs8PrivateKeyPem()));
    }

    public void Dispose()
    {
        Authority.Dispose();
        _key.Dispose();
        _folder.Delete(recursive: true);
    }

    private static CertificateRequest Request(string name, RSA key) => new(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    private X509Certificate2 Sign(CertificateRequest request, DateTimeOffset until) =>
        request.Create(Authority, DateTimeOffset.UtcNow.AddDays(-30), until, RandomNumberGenerator.GetBytes(8));

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder.FullName, name);
        File.WriteAllText(file, text);
        return file;
    }
}
